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
	buf, err := codec.Append(f.codec, f.buf, p)
	if err != nil {
		f.err = err
		return
	}
	f.buf = buf
}

// number appends a packet that has only a number.
func (f *frame) number(k codec.Kind, n uint64) {
	f.packet(&codec.Packet{Kind: k, N: n})
}

// An ownPacket is one that begins here and is encoded at once: there is always another one that needs the memory.
type ownPacket struct {
	packet codec.Packet
	body   []byte // of a welcome
}

var ownPackets = sync.Pool{New: func() any { return new(ownPacket) }}

func (p *ownPacket) release() {
	clear(p.body) // there may be a key in it
	*p = ownPacket{body: p.body[:0]}
	ownPackets.Put(p)
}

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
	p := ownPackets.Get().(*ownPacket)
	defer p.release()
	body, err := codec.AppendWelcome(l.codec, p.body, &welcome)
	if err != nil {
		f.err = err
		return
	}
	p.body = body
	p.packet.Kind, p.packet.Data = codec.KindWelcome, codec.Payload{Raw: body}
	f.packet(&p.packet)
}
