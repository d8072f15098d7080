package dialect

import (
	"bytes"
	"fmt"

	"github.com/hawser-go/hawser/bench/internal/payload"
)

func bareCall(seq uint32) []byte { return payload.JSON(seq) }

// socketIO is engine.io 4 with socket.io 5 in it.
type socketIO struct {
	room  int
	in    bool
	asked int
}

func (s *socketIO) op() byte      { return opText }
func (s *socketIO) hello() []byte { return nil }
func (s *socketIO) joined() bool  { return s.in }

func (s *socketIO) message(text []byte, b *Batch) error {
	switch {
	case bytes.HasPrefix(text, []byte("42")), s.in && bytes.HasPrefix(text, []byte("43")):
		return find(text, b)
	case bytes.HasPrefix(text, []byte("0")):
		b.Out = appendFrame(b.Out, opText, []byte("40"))
	case bytes.HasPrefix(text, []byte("40")):
		b.Out = appendFrame(b.Out, opText, fmt.Appendf(nil, `420["join","room:%d"]`, s.room))
	case bytes.HasPrefix(text, []byte("430")):
		s.in = true
	case string(text) == "2":
		b.Out = appendFrame(b.Out, opText, []byte("3"))
	default:
		return fmt.Errorf("unexpected message %q", text)
	}
	return nil
}

func (s *socketIO) call(seq uint32) []byte {
	s.asked++
	return append(payload.AppendJSON(fmt.Appendf(nil, `42%d["echo",`, s.asked), seq), ']')
}
