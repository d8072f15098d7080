package transport

import (
	"time"

	"github.com/hawser-go/hawser/codec"
)

// Packet returns the close packet that tells the peer what e says.
func (e *CloseError) Packet() *codec.Packet {
	return &codec.Packet{
		Kind:    codec.KindClose,
		Code:    e.Code,
		Message: e.Message,
		Millis:  uint64(max(0, e.Retry) / time.Millisecond),
	}
}
