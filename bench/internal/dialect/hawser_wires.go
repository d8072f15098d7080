package dialect

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hawser-go/hawser/codec"
)

// hawserMessages are a session on a WebSocket.
type hawserMessages struct{ *hawser }

func (h hawserMessages) op() byte {
	if h.format.codec().Binary() {
		return opBinary
	}
	return opText
}

func (h hawserMessages) hello() []byte          { return h.hawser.hello(0) }
func (h hawserMessages) joined() bool           { return h.in && h.welcomed }
func (h hawserMessages) call(seq uint32) []byte { return h.hawser.call(seq) }

func (h hawserMessages) message(frame []byte, b *Batch) error {
	if err := h.accept(frame, b); err != nil {
		return err
	}
	if h.due(256, 32<<10) {
		answer := h.append(h.answers(nil), &codec.Packet{Kind: codec.KindAck, N: h.recv})
		h.acknowledged()
		b.Out = appendFrame(b.Out, h.op(), answer)
	}
	return nil
}

type hawserWebSocket struct {
	*webSocket
	hawser *hawser
}

func newHawserWebSocket(h *hawser) Client {
	return hawserWebSocket{newWebSocket("/realtime/websocket", "hawser.v1."+h.format.codec().Name(), hawserMessages{h}), h}
}

// Resume implements Resumer.
func (h hawserWebSocket) Resume() Client { return newHawserWebSocket(h.hawser.again()) }

// A hawserStream is a session on a streamed response.
type hawserStream struct {
	*hawser
	body  body
	lines lines
}

func newHawserStream(h *hawser) *hawserStream { return &hawserStream{hawser: h} }

func (h *hawserStream) Hello() []byte {
	return post("/realtime/sse?v=1&codec=json", string(h.hello(0)))
}
func (h *hawserStream) Joined() bool               { return h.in && h.welcomed }
func (h *hawserStream) Call([]byte, uint32) []byte { panic("calls go by requests here") }

func (h *hawserStream) Feed(in []byte, b *Batch) (int, error) {
	used, done, err := h.body.feed(in, func(part []byte) error {
		return h.lines.feed(part, func(line []byte) error { return h.line(line, b) })
	})
	if err == nil && done {
		err = errors.New("the stream has ended")
	}
	b.Post = h.due(1024, 256<<10)
	return used, err
}

func (h *hawserStream) line(line []byte, b *Batch) error {
	if len(line) == 0 || line[0] == ':' {
		return nil
	}
	packet, ok := bytes.CutPrefix(line, []byte("data: "))
	if !ok {
		return fmt.Errorf("unexpected line %q", line)
	}
	return h.accept(packet, b)
}

// Uplink implements Poster. The hello acknowledges.
func (h *hawserStream) Uplink() []byte {
	h.resume = true
	return post("/realtime/send?v=1&codec=json", string(h.answers(h.hello(0))))
}

// A hawserPoll is a session on polls, one after another.
type hawserPoll struct {
	*hawser
	body  body
	whole []byte
}

func newHawserPoll(h *hawser) *hawserPoll { return &hawserPoll{hawser: h} }

const pollWait = 25_000 // ms

func (h *hawserPoll) Hello() []byte              { return h.poll() }
func (h *hawserPoll) Joined() bool               { return h.in && h.welcomed }
func (h *hawserPoll) Call([]byte, uint32) []byte { panic("calls go by requests here") }

func (h *hawserPoll) poll() []byte {
	return post("/realtime/poll?v=1&codec=json", string(h.answers(h.hello(pollWait))))
}

func (h *hawserPoll) Feed(in []byte, b *Batch) (int, error) {
	used, done, err := h.body.feed(in, func(part []byte) error {
		h.whole = append(h.whole, part...)
		return nil
	})
	if err != nil || !done {
		return used, err
	}
	err = h.accept(h.whole, b)
	h.whole = h.whole[:0]
	h.claim++
	h.resume = true
	b.Out = append(b.Out, h.poll()...)
	return used, err
}
