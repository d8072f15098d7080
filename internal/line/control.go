package line

import (
	"sync"

	"github.com/hawser-go/hawser/codec"
)

// A control holds packets without numbers that wait for a wire, encoded and joined. It is borrowed for as long as some wait: an idle wire has none, and
// a volatile event to thousands allocates nothing.
type control struct{ encoded []byte }

var controls = sync.Pool{New: func() any { return new(control) }}

// free gives a control back, which may be nil.
func (c *control) free() {
	if c != nil && cap(c.encoded) <= controlRoom {
		c.encoded = c.encoded[:0]
		controls.Put(c)
	}
}

func (c *control) len() int {
	if c == nil {
		return 0
	}
	return len(c.encoded)
}

// separatedControl returns what waits, with what stands between that and the next packet.
func (w *Wire) separatedControl() *control {
	if w.control == nil {
		w.control = controls.Get().(*control)
	} else {
		w.control.encoded = append(w.control.encoded, w.codec.Separator()...)
	}
	return w.control
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

func (w *Wire) appendControl(encoded []byte) {
	c := w.separatedControl()
	c.encoded = append(c.encoded, encoded...)
}

// controlFits reports whether a packet that may be dropped finds room among the control packets. Where none waits, any does.
func (w *Wire) controlFits(size int) bool {
	return w.control == nil || w.control.len()+size <= controlRoom
}

// sayControl writes what waits.
func (w *Wire) sayControl(f *frame) {
	if w.control != nil {
		f.raw(w.control.encoded)
		w.control.free()
		w.control = nil
	}
}
