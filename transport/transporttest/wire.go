package transporttest

import (
	"context"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// A wire is the host's half of one connection. Its host's lock guards it.
type wire struct {
	host    *Host
	opening transport.Opening

	greeted  bool
	control  [][]byte
	over     *transport.CloseError
	detached int
}

var _ transport.Wire = (*wire)(nil)

func (w *wire) Receive(ctx context.Context, frames ...[]byte) error {
	for _, frame := range frames {
		if err := w.take(ctx, frame); err != nil {
			return err
		}
	}
	return nil
}

func (w *wire) take(ctx context.Context, frame []byte) error {
	rest, err := w.receive(ctx, frame)
	if err != nil {
		w.host.mu.Lock()
		defer w.host.mu.Unlock()
		w.over = err
		return err
	}
	if len(rest) > 0 {
		w.host.Up <- rest
	}
	return nil
}

// receive takes the hello off the wire's first frame.
func (w *wire) receive(ctx context.Context, frame []byte) ([]byte, *transport.CloseError) {
	if w.host.OnReceive != nil {
		if err := w.host.OnReceive(ctx, frame); err != nil {
			return nil, &transport.CloseError{Code: "refused", Message: err.Error()}
		}
	}
	w.host.mu.Lock()
	defer w.host.mu.Unlock()
	if w.greeted {
		return frame, nil
	}
	var first codec.Packet
	rest, err := w.opening.Codec.NextPacket(frame, &first)
	if err != nil || first.Kind != codec.KindHello {
		return nil, &transport.CloseError{Code: transport.CodeProtocol, Message: "no hello"}
	}
	w.greeted = true
	if w.opening.Sink == nil {
		w.control = append(w.control, Packet(w.opening.Codec, &codec.Packet{Kind: codec.KindAck, N: 1}))
		return rest, nil
	}
	w.control = append(w.control, Packet(w.opening.Codec, &codec.Packet{Kind: codec.KindWelcome, Data: first.Data}))
	w.host.inUse = w
	return rest, nil
}

func (w *wire) Next(dst []byte) ([]byte, error) {
	w.host.mu.Lock()
	defer w.host.mu.Unlock()
	packets := w.control
	w.control = nil
	if w.over == nil && w.host.inUse == w {
		if len(w.host.down) > 0 {
			packets = append(packets, w.host.down[0])
			w.host.down = w.host.down[1:]
		}
		if len(w.host.down) == 0 {
			w.over = w.host.end
		}
	}
	if w.over == nil {
		return append(dst, Join(w.opening.Codec, packets...)...), nil
	}
	if w.detached == 0 {
		packets = append(packets, Packet(w.opening.Codec, w.over.Packet()))
	}
	return append(dst, Join(w.opening.Codec, packets...)...), w.over
}

func (*wire) Dry() bool { return false }

func (w *wire) Hold() time.Duration {
	w.host.mu.Lock()
	defer w.host.mu.Unlock()
	if len(w.host.down) > 0 || w.host.end != nil || w.host.inUse != w {
		return 0
	}
	return w.host.MostHeld
}

func (w *wire) Detach(cause error) {
	w.host.mu.Lock()
	defer w.host.mu.Unlock()
	w.detached++
	if w.host.inUse == w {
		w.host.inUse = nil
	}
	if w.opening.Sink != nil {
		w.host.Detached <- cause
	}
}
