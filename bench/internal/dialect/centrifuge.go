package dialect

import (
	"bytes"
	"fmt"

	"github.com/hawser-go/hawser/bench/internal/payload"
)

// centrifuge is centrifuge's JSON protocol: lines.
type centrifuge struct {
	room  int
	in    bool
	asked int
}

func (c *centrifuge) op() byte     { return opText }
func (c *centrifuge) joined() bool { return c.in }

func (c *centrifuge) hello() []byte {
	c.asked = 2
	return fmt.Appendf(nil, `{"id":1,"connect":{}}`+"\n"+`{"id":2,"subscribe":{"channel":"room:%d"}}`, c.room)
}

func (c *centrifuge) message(text []byte, b *Batch) error {
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		if string(line) == "{}" {
			b.Out = appendFrame(b.Out, opText, line) // a ping, and its pong
			continue
		}
		if err := c.line(line, b); err != nil {
			return err
		}
	}
	return nil
}

func (c *centrifuge) line(line []byte, b *Batch) error {
	switch {
	case bytes.HasPrefix(line, []byte(`{"push":`)), c.in && bytes.HasPrefix(line, []byte(`{"id":`)):
		return find(line, b)
	case bytes.HasPrefix(line, []byte(`{"id":1,"connect":`)):
	case bytes.HasPrefix(line, []byte(`{"id":2,"subscribe":`)):
		c.in = true
	default:
		return fmt.Errorf("unexpected reply %q", line)
	}
	return nil
}

func (c *centrifuge) call(seq uint32) []byte {
	c.asked++
	call := fmt.Appendf(nil, `{"id":%d,"rpc":{"method":"echo","data":`, c.asked)
	return append(payload.AppendJSON(call, seq), "}}"...)
}

// A centrifugeStream is the same protocol in the body of a response.
type centrifugeStream struct {
	centrifuge
	body  body
	lines lines
}

func newCentrifugeStream(room int) *centrifugeStream {
	return &centrifugeStream{centrifuge: centrifuge{room: room}}
}

func (c *centrifugeStream) Hello() []byte { return post("/http_stream", string(c.hello())) }
func (c *centrifugeStream) Joined() bool  { return c.in }
func (c *centrifugeStream) Call(dst []byte, seq uint32) []byte {
	panic("a stream does not carry calls")
}

func (c *centrifugeStream) Feed(in []byte, b *Batch) (int, error) {
	used, _, err := c.body.feed(in, func(part []byte) error {
		return c.lines.feed(part, func(line []byte) error {
			if string(line) == "{}" {
				return nil // its pong would be a request; no trial with streams is long enough for it to be missed
			}
			return c.line(line, b)
		})
	})
	return used, err
}
