package line

import "github.com/hawser-go/hawser/codec"

// Handled is the room of packets that have been handled, to be given back together. The zero value is that of none.
type Handled struct{ numbered, volatiles amount }

// An amount is of packets, and of their bytes.
type amount struct{ packets, bytes int }

// Add adds a packet that took that room. One that took none adds nothing.
func (h *Handled) Add(k codec.Kind, room int) {
	to := &h.numbered
	if k == codec.KindVolatile {
		to = &h.volatiles
	}
	if room > 0 {
		to.packets++
		to.bytes += room
	}
}

// Exceeds reports whether it is more than so many packets, or bytes of them.
func (h *Handled) Exceeds(packets, bytes int) bool {
	return h.numbered.packets+h.volatiles.packets > packets || h.numbered.bytes+h.volatiles.bytes > bytes
}
