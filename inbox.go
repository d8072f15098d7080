package hawser

import (
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// An item is something to be handled, in its turn.
type item struct {
	op     Op
	packet codec.Packet // of what came from the client; its kind is 0 otherwise
	size   int          // the room that it takes in the inbox of the line
	at     time.Time    // when a call was accepted: its time runs from here
	left   joined       // of OpLeave
	next   *item        // in the inbox
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

// An inbox holds what a session's handlers have not taken yet. A goroutine runs it while there is something in it, and none otherwise.
type inbox struct {
	session     *clientSession
	mu          sync.Mutex // guards what follows
	first, last *item
	running     bool
}

func (in *inbox) push(i *item) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.last == nil {
		in.first = i
	} else {
		in.last.next = i
	}
	in.last = i
	if !in.running {
		in.running = true
		in.session.server.handlers.run(in)
	}
}

// pop takes the first item out, or says that the inbox rests.
func (in *inbox) pop() *item {
	in.mu.Lock()
	defer in.mu.Unlock()
	i := in.first
	if i == nil {
		in.running = false
		return nil
	}
	in.first, i.next = i.next, nil
	if in.first == nil {
		in.last = nil
	}
	return i
}

// run handles one item after another until there is none.
func (in *inbox) run() {
	for i := in.pop(); i != nil; i = in.pop() {
		in.session.handle(i)
	}
}
