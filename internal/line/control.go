package line

import (
	"sync"

	"github.com/hawser-go/hawser/codec"
)

// A control holds packets without numbers that wait for a wire, encoded and joined. It is borrowed for as long as some wait: an idle wire has none, and
// a volatile event to thousands allocates nothing.
type control struct {
	encoded  []byte
	volatile int // bytes of it that are volatile events
}

// volatileRoom is how many bytes of volatile events wait for a wire; one that is alone may be bigger. It is a room of their own: where a peer does not keep
// up they are dropped, and what keeps its connection alive is not.
const volatileRoom = 16 << 10

var controls = sync.Pool{New: func() any { return new(control) }}

// free gives a control back, which may be nil.
func (c *control) free() {
	if c != nil && cap(c.encoded) <= controlRoom {
		c.encoded, c.volatile = c.encoded[:0], 0
		controls.Put(c)
	}
}

// appendControl queues a packet, and returns how many bytes more wait.
func (w *Wire) appendControl(encoded []byte) (n int) {
	if w.control == nil {
		w.control = controls.Get().(*control)
	}
	c := w.control
	before := len(c.encoded)
	if before > 0 {
		c.encoded = append(c.encoded, w.codec.Separator()...)
	}
	c.encoded = append(c.encoded, encoded...)
	return len(c.encoded) - before
}

// controlLocked queues a control packet.
func (w *Wire) controlLocked(p *codec.Packet) {
	encoded, err := w.codec.AppendPacket(nil, p)
	if err != nil {
		w.registry.options.Logger.Error("hawser: cannot encode", "packet", p.Kind, "error", err)
		return
	}
	w.appendControl(encoded)
}

// pongFits reports whether one more pong finds room: a peer that pings and does not read gets no more.
func (w *Wire) pongFits() bool {
	c := w.control
	return c == nil || len(c.encoded)-c.volatile < controlRoom
}

// volatileFits reports whether a volatile event finds room.
func (w *Wire) volatileFits(size int) bool {
	c := w.control
	return c == nil || c.volatile == 0 || c.volatile+size <= volatileRoom
}

func (w *Wire) appendVolatile(encoded []byte) {
	n := w.appendControl(encoded)
	w.control.volatile += n
}

// sayControl writes what waits.
func (w *Wire) sayControl(f *frame) {
	if w.control != nil {
		f.raw(w.control.encoded)
		w.control.free()
		w.control = nil
	}
}
