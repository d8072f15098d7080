// Package wiretest is a client for tests of a server: it speaks docs/protocol.md over every transport and in every codec, and does just what it is told,
// also what is wrong.
package wiretest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// A Client is one session as a client knows it. Set its exported fields before Connect. Its methods may be called at the same time, but for those that connect.
type Client struct {
	URL       string       // of the mount, with a slash at its end
	HTTP      *http.Client // default http.DefaultClient
	Codec     codec.Codec  // default JSON
	Transport string       // "websocket", "sse" or "poll"; default "websocket"
	Header    http.Header  // of each request
	Token     string
	First     []*codec.Packet // numbered packets that go in the same flight as the first hello

	Key string // made by Connect
	SID string // from the welcome

	sending sync.Mutex // held while numbered packets go up

	mu        sync.Mutex // guards what follows
	wire      wire
	number    uint64
	claim     uint64
	accepted  uint64
	log       []*codec.Packet // all that was sent: the number is the place
	ids       uint64
	received  []*codec.Packet // numbered, new, not taken
	volatiles []*codec.Packet // the same without numbers
	closed    *codec.Packet   // the close or gone that came last
	changed   chan struct{}   // closed when one of them changes
}

// A wire is one connection.
type wire interface {
	// send sends a frame, and for a request that is answered, reads the answer.
	send(frame []byte) error
	close()
}

// ErrGone is returned by Connect when the server knows no such session.
var ErrGone = errors.New("wiretest: gone")

// A CloseError is returned by Connect for a close in answer to the hello.
type CloseError struct{ *codec.Packet }

func (e CloseError) Error() string { return "wiretest: close " + e.Code + ": " + e.Message }

// Connect opens a wire with a hello, creating or resuming a session, and waits for its welcome.
func (c *Client) Connect(ctx context.Context) error {
	c.mu.Lock()
	if c.HTTP == nil {
		c.HTTP = http.DefaultClient
	}
	if c.Codec == nil {
		c.Codec = codec.JSON()
	}
	if c.Transport == "" {
		c.Transport = "websocket"
	}
	if c.Key == "" {
		c.Key = rand.Text()
	}
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	c.claim++
	c.number++
	c.closed = nil
	first := c.SID == ""
	if first {
		c.log = append(c.log, c.First...)
	}
	c.mu.Unlock()

	welcomed := make(chan error, 1)
	w, err := c.open(ctx, func(err error) {
		select {
		case welcomed <- err:
		default:
		}
	})
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.wire = w
	c.mu.Unlock()
	select {
	case err = <-welcomed:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		w.close()
		return err
	}
	if !first {
		return c.Resend()
	}
	return nil
}

func (c *Client) open(ctx context.Context, welcomed func(error)) (wire, error) {
	switch c.Transport {
	case "websocket":
		return openSocket(ctx, c, welcomed)
	case "sse":
		return openStream(ctx, c, welcomed)
	case "poll":
		return openPolls(c, welcomed), nil
	}
	return nil, fmt.Errorf("wiretest: no transport %q", c.Transport)
}

// Cut closes the connection without a word.
func (c *Client) Cut() {
	c.mu.Lock()
	w := c.wire
	c.wire = nil
	c.mu.Unlock()
	if w != nil {
		w.close()
	}
}

// Hello returns a hello as it stands now, changed.
func (c *Client) Hello(change ...func(*codec.Hello)) *codec.Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := codec.Hello{V: codec.Version, Key: c.Key, SID: c.SID, Wire: c.number, Claim: c.claim, Recv: c.accepted, Token: c.Token}
	for _, change := range change {
		change(&b)
	}
	raw, err := c.Codec.Marshal(b)
	if err != nil {
		panic(err)
	}
	return &codec.Packet{Kind: codec.KindHello, Data: codec.Payload{Raw: raw}}
}

// first returns the frame that opens a wire.
func (c *Client) first(hello *codec.Packet) []byte {
	packets := []*codec.Packet{hello}
	if c.SID == "" && len(c.First) > 0 {
		packets = append(packets, &codec.Packet{Kind: codec.KindStart, N: 1})
		packets = append(packets, c.First...)
	}
	return c.Frame(packets...)
}

// Frame encodes packets.
func (c *Client) Frame(packets ...*codec.Packet) []byte {
	var frame []byte
	for i, p := range packets {
		if i > 0 {
			frame = append(frame, c.Codec.Separator()...)
		}
		var err error
		if frame, err = c.Codec.AppendPacket(frame, p); err != nil {
			panic(err)
		}
	}
	return frame
}

// Payload encodes a value.
func (c *Client) Payload(v any) codec.Payload {
	p, err := codec.Encode(c.Codec, v)
	if err != nil {
		panic(err)
	}
	return p
}

// Raw sends packets as one frame, as they are: by the WebSocket, or with a hello by POST.
func (c *Client) Raw(packets ...*codec.Packet) error { return c.RawFrame(c.Frame(packets...)) }

// RawFrame is Raw for bytes.
func (c *Client) RawFrame(frame []byte) error {
	c.mu.Lock()
	w := c.wire
	c.mu.Unlock()
	if w == nil {
		return errors.New("wiretest: there is no wire")
	}
	return w.send(frame)
}

// Send sends numbered packets.
func (c *Client) Send(packets ...*codec.Packet) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.mu.Lock()
	start := &codec.Packet{Kind: codec.KindStart, N: uint64(len(c.log)) + 1}
	c.log = append(c.log, packets...)
	c.mu.Unlock()
	return c.Raw(append([]*codec.Packet{start}, packets...)...)
}

// Resend sends everything again, from the first packet on: what was accepted is dropped there.
func (c *Client) Resend() error {
	c.mu.Lock()
	log := c.log
	c.mu.Unlock()
	if len(log) == 0 {
		return nil
	}
	return c.Raw(append([]*codec.Packet{{Kind: codec.KindStart, N: 1}}, log...)...)
}

// Event sends an event.
func (c *Client) Event(channel, name string, data any) error {
	return c.Send(&codec.Packet{Kind: codec.KindEvent, Channel: channel, Event: name, Data: c.Payload(data)})
}

// ID returns an id that was not used before.
func (c *Client) ID() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids++
	return c.ids
}

// Ask sends p with a fresh id, and waits for the reply or error that answers it.
func (c *Client) Ask(ctx context.Context, p codec.Packet) (*codec.Packet, error) {
	p.ID = c.ID()
	if err := c.Send(&p); err != nil {
		return nil, err
	}
	return c.Answer(ctx, p.ID)
}

// Call calls, and waits for the answer.
func (c *Client) Call(ctx context.Context, channel, name string, data any) (*codec.Packet, error) {
	return c.Ask(ctx, codec.Packet{Kind: codec.KindCall, Channel: channel, Event: name, Data: c.Payload(data)})
}

// Join joins a channel, and waits for the answer.
func (c *Client) Join(ctx context.Context, channel string) (*codec.Packet, error) {
	return c.Ask(ctx, codec.Packet{Kind: codec.KindJoin, Channel: channel})
}

// Answer waits for the reply or error to id.
func (c *Client) Answer(ctx context.Context, id uint64) (*codec.Packet, error) {
	return c.Await(ctx, func(p *codec.Packet) bool {
		return (p.Kind == codec.KindReply || p.Kind == codec.KindError) && p.ID == id
	})
}

// Next waits for the next numbered packet.
func (c *Client) Next(ctx context.Context) (*codec.Packet, error) {
	return c.Await(ctx, func(*codec.Packet) bool { return true })
}

// Await waits for the first numbered packet that fits. The others stay.
func (c *Client) Await(ctx context.Context, fits func(*codec.Packet) bool) (*codec.Packet, error) {
	return c.await(ctx, &c.received, fits)
}

// Volatile waits for the next volatile event.
func (c *Client) Volatile(ctx context.Context) (*codec.Packet, error) {
	return c.await(ctx, &c.volatiles, func(*codec.Packet) bool { return true })
}

func (c *Client) await(ctx context.Context, from *[]*codec.Packet, fits func(*codec.Packet) bool) (*codec.Packet, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		c.mu.Lock()
		for i, p := range *from {
			if fits(p) {
				*from = append((*from)[:i:i], (*from)[i+1:]...)
				c.mu.Unlock()
				return p, nil
			}
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("wiretest: it did not come: %w", ctx.Err())
		}
	}
}

// Closed waits for a close or gone, and returns its code.
func (c *Client) Closed(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		c.mu.Lock()
		closed, changed := c.closed, c.changed
		c.mu.Unlock()
		if closed != nil {
			if closed.Kind == codec.KindGone {
				return "gone", nil
			}
			return closed.Code, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", fmt.Errorf("wiretest: no close came: %w", ctx.Err())
		}
	}
}

// Ack acknowledges all that was accepted.
func (c *Client) Ack() error {
	c.mu.Lock()
	n := c.accepted
	c.mu.Unlock()
	return c.Raw(&codec.Packet{Kind: codec.KindAck, N: n})
}
