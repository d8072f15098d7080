package hawser

import (
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// An item is something to be handled, in its turn.
type item struct {
	op     Op
	packet codec.Packet // of what came from the client; its kind is 0 otherwise
	size   int          // the room that it takes in the inbox of the line
	at     time.Time    // when a call was accepted: its time runs from here
	left   joined       // of OpLeave
	asking
	next *item // in the inbox
}

// ownItem returns an item that the client did not ask for.
func ownItem(op Op) *item {
	i := items.Get().(*item)
	i.op = op
	return i
}

// itemOf is ownItem, about a membership.
func itemOf(op Op, left joined) *item {
	i := ownItem(op)
	i.left = left
	return i
}

func newItem(op Op, p *codec.Packet, size int) *item {
	i := items.Get().(*item)
	i.op, i.packet, i.size = op, *p, size
	return i
}

// fromClient reports whether the client asked for it, and not the server or the end of the session.
func (i *item) fromClient() bool { return i.packet.Kind != 0 }

var items = sync.Pool{New: func() any { return new(item) }}

// release gives an item that was handled back, for another one.
func (i *item) release() {
	*i = item{}
	items.Put(i)
}

// A chain is items in their order.
type chain struct{ first, last *item }

func (c *chain) add(i *item) {
	if c.last == nil {
		c.first = i
	} else {
		c.last.next = i
	}
	c.last = i
}

// join adds what is in another chain behind what is in this one.
func (c *chain) join(o chain) {
	if o.first != nil {
		c.add(o.first)
		c.last = o.last
	}
}

// An inbox holds what a session's handlers have not taken yet. A goroutine runs it while there is something in it, and none otherwise: that of the
// transport that brought it, or one of the server's.
type inbox struct {
	session *clientSession
	mu      sync.Mutex // guards what follows
	waiting chain
	running bool
	by      transport.Runner // whose goroutine it is; nil: the server's
}

var _ transport.Task = (*inbox)(nil)

// push adds an item. If nobody runs the inbox, by is asked to, or, if it is nil, the server's handlers.
func (in *inbox) push(i *item, by transport.Runner) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.waiting.add(i)
	switch {
	case in.running:
	case by != nil:
		in.running, in.by = true, by
		by.Run(in)
	default:
		in.running = true
		in.session.server.handlers.Run(in)
	}
}

// pushFront puts items before all that wait. It is for the goroutine that runs the inbox.
func (in *inbox) pushFront(items chain) {
	in.mu.Lock()
	defer in.mu.Unlock()
	items.join(in.waiting)
	in.waiting = items
}

// waits says that a handler may be about to wait, for something that the goroutine that runs it might have to read.
func (in *inbox) waits() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.by != nil {
		in.by.Wait()
		in.by = nil
	}
}

// pop takes the first item out, or says that the inbox rests.
func (in *inbox) pop() *item {
	in.mu.Lock()
	defer in.mu.Unlock()
	i := in.waiting.first
	if i == nil {
		in.running, in.by = false, nil
		return nil
	}
	in.waiting.first, i.next = i.next, nil
	if in.waiting.first == nil {
		in.waiting.last = nil
	}
	return i
}

// Run handles one item after another until there is none. If a handler ends the goroutine, another one goes on.
func (in *inbox) Run() {
	rests := false
	defer func() {
		if !rests {
			in.session.server.handlers.Run(in)
		}
	}()
	for i := in.pop(); i != nil; i = in.pop() {
		in.session.handle(i)
	}
	rests = true
}
