package hawser

import (
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/transport"
)

// An item is something to be handled, in its turn.
type item struct {
	op     Op
	packet codec.Packet // of what came from the client; its kind is 0 otherwise
	room   int          // that it takes in the inbox of the line
	at     time.Time    // when it was accepted: the time of a call runs from here
	left   *joined      // that it is about, if the client did not ask for it
	beside bool         // its handler runs beside the inbox
	asking
	next *item // in the inbox
}

// ownItem returns an item that the client did not ask for.
func ownItem(op Op) *item {
	var spare stock
	defer spare.giveBack()
	i := spare.take()
	i.op = op
	return i
}

// itemOf is ownItem, about a membership.
func itemOf(op Op, left joined) *item {
	i := ownItem(op)
	i.left = &left
	return i
}

func newItem(spare *stock, op Op, p *line.Received, at time.Time) *item {
	i := spare.take()
	i.op, i.packet, i.room, i.at = op, p.Packet, p.Room, at
	return i
}

// fromClient reports whether the client asked for it, and not the server or the end of the session.
func (i *item) fromClient() bool { return i.packet.Kind != 0 }

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

// take takes the first items out, at most n.
func (c *chain) take(n int) chain {
	taken := chain{c.first, c.first}
	if taken.first == nil {
		return taken
	}
	for ; n > 1 && taken.last.next != nil; n-- {
		taken.last = taken.last.next
	}
	if c.first = taken.last.next; c.first == nil {
		c.last = nil
	}
	taken.last.next = nil
	return taken
}

// An inbox holds what a session's handlers have not taken yet. A goroutine runs it while there is something in it, and none otherwise: that of the
// transport that brought it, or one of the server's.
type inbox struct {
	session *clientSession
	mu      sync.Mutex // guards what follows
	waiting chain
	batch   *batch           // nil while nobody runs it; otherwise it belongs to the goroutine that does
	by      transport.Runner // whose goroutine it is; nil: the server's
}

var _ transport.Task = (*inbox)(nil)

// push adds an item. If nobody runs the inbox, by is asked to, or, if it is nil, the server's handlers.
func (in *inbox) push(i *item, by transport.Runner) { in.pushAll(chain{i, i}, by) }

// pushAll is push, for items that came together.
func (in *inbox) pushAll(items chain, by transport.Runner) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.waiting.join(items)
	if in.batch != nil {
		return
	}
	in.batch, in.by = batches.Get().(*batch), by
	if by != nil {
		by.Run(in)
	} else {
		in.session.server.handlers.Run(in)
	}
}

// pushFront puts items before all that wait. It is for the goroutine that runs the inbox.
func (in *inbox) pushFront(items chain) {
	items.join(in.batch.taken)
	in.batch.taken = items
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

// next takes the first item out, or says that the inbox rests. It is for the goroutine that runs the inbox.
func (in *inbox) next() *item {
	b := in.batch
	if b.taken.first == nil && !in.takeBatch() {
		return nil
	}
	i := b.taken.first
	b.taken.first, i.next = i.next, nil
	if b.taken.first == nil {
		b.taken.last = nil
	}
	return i
}

// takeBatch takes the next items out, or says that the inbox rests.
func (in *inbox) takeBatch() bool {
	b := in.batch
	b.settle(in.session)
	in.mu.Lock()
	defer in.mu.Unlock()
	b.taken = in.waiting.take(atOnce)
	if b.taken.first == nil {
		in.batch, in.by = nil, nil
		batches.Put(b)
		return false
	}
	return true
}

// Run handles one item after another until there is none. If a handler ends the goroutine, another one goes on.
func (in *inbox) Run() {
	rests := false
	defer func() {
		if !rests {
			in.session.server.handlers.Run(in)
		}
	}()
	for i := in.next(); i != nil; i = in.next() {
		in.session.handle(i)
	}
	rests = true
}
