package channel_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A lineCodec writes packets as "name|channel|offset|event|payload" and counts how often it is asked for a payload, and for a message.
type lineCodec struct {
	name     string
	marshals atomic.Int64
	messages atomic.Int64
	encoding func() // if it is set, called for each message
}

func (c *lineCodec) Name() string      { return c.name }
func (c *lineCodec) Binary() bool      { return false }
func (c *lineCodec) Separator() string { return "\n" }

func (c *lineCodec) Marshal(v any) ([]byte, error) {
	c.marshals.Add(1)
	return json.Marshal(v)
}

func (c *lineCodec) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

func (c *lineCodec) AppendPacket(dst []byte, p *codec.Packet) ([]byte, error) {
	switch p.Kind {
	case codec.KindMessage:
		c.messages.Add(1)
		if c.encoding != nil {
			c.encoding()
		}
	case codec.KindReset:
		return fmt.Appendf(dst, "reset|%s|%s|%d", p.Channel, p.Epoch, p.Offset), nil
	default:
		return dst, fmt.Errorf("a hub sends messages and resets, not %v", p.Kind)
	}
	return fmt.Appendf(dst, "%s|%s|%d|%s|%s", c.name, p.Channel, p.Offset, p.Event, p.Data.Raw), nil
}

func (c *lineCodec) NextPacket([]byte, *codec.Packet) ([]byte, error) {
	return nil, errors.New("a hub decodes nothing")
}

// A recorder is a member that keeps what it got.
type recorder struct {
	codec codec.Codec
	id    string
	room  int // packets; 0: plenty

	mu      sync.Mutex
	packets []*session.Packet
}

func (r *recorder) Codec() codec.Codec { return r.codec }
func (r *recorder) ID() string         { return r.id }

func (r *recorder) Room() (packets, bytes int) {
	if r.room == 0 {
		return 1 << 20, 1 << 30
	}
	return r.room, 1 << 30
}

func (r *recorder) Deliver(p *session.Packet) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets = append(r.packets, p)
	return true
}

func (r *recorder) DeliverVolatile(p *session.Packet) { r.Deliver(p) }
func (r *recorder) Resume(*session.Topic)             {}

func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := []string{}
	for _, p := range r.packets {
		lines = append(lines, string(p.Bytes()))
	}
	return lines
}

// A tally is a member that only counts.
type tally struct {
	codec codec.Codec
	n     int
}

func (t *tally) Codec() codec.Codec              { return t.codec }
func (t *tally) ID() string                      { return "" }
func (t *tally) Deliver(*session.Packet) bool    { t.n++; return true }
func (t *tally) DeliverVolatile(*session.Packet) { t.n++ }
func (t *tally) Resume(*session.Topic)           {}
func (t *tally) Room() (packets, bytes int)      { return 1 << 20, 1 << 30 }
