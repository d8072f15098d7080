package hawser

import (
	"sync"

	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/session"
)

// A batch is what the goroutine that runs an inbox has taken out of it: what was asked for together costs each lock once.
type batch struct {
	taken chain        // to be handled
	done  chain        // handled, and not yet given back
	room  line.Handled // of what is done
}

// atOnce is how many items are taken out together.
const atOnce = 16

var batches = sync.Pool{New: func() any { return new(batch) }}

// A share is a part of an inbox's room.
type share struct{ packets, bytes int }

func shareOf(l *session.InboxLimits) share { return share{l.Packets / 16, l.Bytes / 16} }

// done notes that an item was handled. Its room is given back with that of others, but soon enough: what a handler that takes its time keeps from the
// client is a sixteenth of the inbox at most.
func (in *inbox) done(i *item) {
	b := in.batch
	b.done.add(i)
	b.room.Add(i.packet.Kind, i.room)
	if most := in.session.server.inboxShare; b.room.Exceeds(most.packets, most.bytes) {
		b.settle(in.session)
	}
}

// settle gives back the room of what was handled, and the items.
func (b *batch) settle(s *clientSession) {
	if b.done.first == nil {
		return
	}
	s.asked.answered(b.done)
	s.line.GiveBack(b.room)
	b.done.release()
	b.done, b.room = chain{}, line.Handled{}
}
