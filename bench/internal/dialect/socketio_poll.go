package dialect

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A socketIOPoll is socket.io on one connection by requests, one after another: it says what it has to, and
// otherwise asks.
type socketIOPoll struct {
	socketIO
	id     string // of the engine.io session
	saying bool   // what is under way says something
	body   body
	whole  []byte
}

func (s *socketIOPoll) path() string {
	path := "/socket.io/?EIO=4&transport=polling"
	if s.id != "" {
		path += "&sid=" + s.id
	}
	return path
}

func (s *socketIOPoll) Hello() []byte              { return s.ask() }
func (s *socketIOPoll) Joined() bool               { return s.in }
func (s *socketIOPoll) Call([]byte, uint32) []byte { panic("not measured") }

func (s *socketIOPoll) ask() []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", s.path())
}

func (s *socketIOPoll) Feed(in []byte, b *Batch) (int, error) {
	used, done, err := s.body.feed(in, func(part []byte) error {
		s.whole = append(s.whole, part...)
		return nil
	})
	if err != nil || !done {
		return used, err
	}
	answers, err := s.answered(b)
	s.whole = s.whole[:0]
	s.saying = answers != ""
	if s.saying {
		b.Out = append(b.Out, post(s.path(), answers)...)
	} else {
		b.Out = append(b.Out, s.ask()...)
	}
	return used, err
}

// answered takes what answered a request, and returns what to say to that.
func (s *socketIOPoll) answered(b *Batch) (answers string, err error) {
	if s.saying {
		if string(s.whole) != "ok" {
			return "", fmt.Errorf("refused: %q", s.whole)
		}
		return "", nil
	}
	for packet := range bytes.SplitSeq(s.whole, []byte{0x1e}) {
		if s.id == "" {
			if err := s.open(packet); err != nil {
				return "", err
			}
		}
		answer, err := s.packet(packet, b)
		if err != nil {
			return "", err
		}
		if answers != "" && answer != "" {
			answers += "\x1e"
		}
		answers += answer
	}
	return answers, nil
}

// open reads the session's id.
func (s *socketIOPoll) open(packet []byte) error {
	var open struct{ SID string }
	if len(packet) == 0 || packet[0] != '0' {
		return fmt.Errorf("unexpected packet %q", packet)
	}
	if err := json.Unmarshal(packet[1:], &open); err != nil {
		return err
	}
	s.id = open.SID
	return nil
}
