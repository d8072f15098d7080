package line

import (
	"sync"

	"github.com/hawser-go/hawser/codec"
)

// frame builds one frame.
type frame struct {
	codec     codec.Codec
	separator string // of the codec
	buf       []byte
	start     int // where in buf the frame begins
	err       error
}

func newFrame(c codec.Codec, buf []byte) frame {
	return frame{codec: c, separator: c.Separator(), buf: buf, start: len(buf)}
}

func (f *frame) empty() bool { return len(f.buf) == f.start }

func (f *frame) separate() {
	if !f.empty() {
		f.buf = append(f.buf, f.separator...)
	}
}

// raw appends packets that are encoded already.
func (f *frame) raw(encoded []byte) {
	if len(encoded) > 0 {
		f.separate()
		f.buf = append(f.buf, encoded...)
	}
}

func (f *frame) packet(p *codec.Packet) {
	f.separate()
	buf, err := f.codec.AppendPacket(f.buf, p)
	if err != nil {
		f.err = err
		return
	}
	f.buf = buf
}

// number appends a packet that has only a number.
func (f *frame) number(k codec.Kind, n uint64) {
	p := numbers.Get().(*codec.Packet)
	defer numbers.Put(p)
	p.Kind, p.N = k, n
	f.packet(p)
}

// numbers are for packets that have only a number.
var numbers = sync.Pool{New: func() any { return new(codec.Packet) }}

// welcomeRoom is about as many bytes as a welcome has.
const welcomeRoom = 256

func (f *frame) welcome(l *Line, w *Wire, active bool) {
	o := &l.registry.options
	welcome := codec.Welcome{
		V:          codec.Version,
		SID:        l.id,
		Key:        w.madeKey,
		Recv:       l.in.Accepted(),
		Active:     active,
		Resumed:    w.resumed,
		Heartbeat:  millis(o.Heartbeat),
		ResumeFor:  millis(o.ResumeFor),
		Limits:     codec.Limits{Frame: uint64(o.MaxFrame)},
		Generation: 1,
		Accepted:   w.lostAccepted(l),
	}
	body, err := codec.AppendWelcome(l.codec, make([]byte, 0, welcomeRoom), &welcome)
	if err != nil {
		f.err = err
		return
	}
	f.packet(&codec.Packet{Kind: codec.KindWelcome, Data: codec.Payload{Raw: body}})
}
