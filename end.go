package hawser

import (
	"math/rand/v2"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
)

// An aftermath is what is left of a session.
type aftermath struct{ lost []Unacknowledged }

func (s *clientSession) End(code Code, message string) { s.end(code, message, 0) }

// soon is when a client whose session ends may begin another one: within a second, but not at the same moment as all others.
func soon() time.Duration { return time.Millisecond + rand.N(time.Second) }

// end ends the session, and reports whether it was this call that did.
func (s *clientSession) end(code Code, message string, retry time.Duration) bool {
	e := &line.End{Code: string(code), Message: message, Retry: retry}
	if !s.line.End(e) {
		return false
	}
	s.Ended(e)
	return true
}

// Ended implements line.Session.
func (s *clientSession) Ended(e *line.End) {
	packets, sent := s.line.Unacknowledged()
	lost := make([]Unacknowledged, 0, len(packets))
	for i, p := range packets {
		var decoded codec.Packet
		if _, err := s.line.Codec().NextPacket(p.Bytes(), &decoded); err != nil || decoded.Kind == codec.KindEnd {
			continue
		}
		lost = append(lost, Unacknowledged{
			Sent: i < sent, Kind: decoded.Kind.String(), Channel: decoded.Channel, Event: decoded.Event,
			codec: s.line.Codec(), data: decoded.Data,
		})
	}
	s.mu.Lock()
	if s.over != nil {
		s.mu.Unlock()
		return
	}
	s.over = &aftermath{lost}
	s.mu.Unlock()
	joined := s.memberships.end()
	s.server.users.remove(s)

	cause := &EndError{Code: Code(e.Code), Message: e.Message, ByClient: e.ByPeer}
	s.cancel(cause)
	s.server.tickets.drop(s)
	s.calls.fail(cause)
	for _, j := range joined {
		s.server.hub.Leave(j.name, (*member)(s), nil)
		s.left(j)
	}
	s.leaveAllPresence(joined)
	s.inbox.push(ownItem(OpDisconnect), nil)
}

func (s *clientSession) unacknowledged() []Unacknowledged {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over == nil {
		return nil
	}
	return s.over.lost
}
