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
	answer, err := s.packet(text, b)
	if answer != "" {
		b.Out = appendFrame(b.Out, opText, []byte(answer))
	}
	return err
}

// packet takes one packet, and returns what to say to it.
func (s *socketIO) packet(text []byte, b *Batch) (answer string, err error) {
	switch {
	case bytes.HasPrefix(text, []byte("42")), s.in && bytes.HasPrefix(text, []byte("43")):
		return "", find(text, b)
	case bytes.HasPrefix(text, []byte("0")):
		return "40", nil
	case bytes.HasPrefix(text, []byte("40")):
		return fmt.Sprintf(`420["join","room:%d"]`, s.room), nil
	case bytes.HasPrefix(text, []byte("430")):
		s.in = true
		return "", nil
	case string(text) == "2":
		return "3", nil
	}
	return "", fmt.Errorf("unexpected message %q", text)
}

func (s *socketIO) call(seq uint32) []byte {
	s.asked++
	return append(payload.AppendJSON(fmt.Appendf(nil, `42%d["echo",`, s.asked), seq), ']')
}
