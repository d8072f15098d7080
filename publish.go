package hawser

import "github.com/hawser-go/hawser/codec"

// handlePublish answers a client that wants to publish.
func (s *clientSession) handlePublish(p *codec.Packet) {
	c := s.context(OpPublish)
	c.channel, c.event, c.data = p.Channel, p.Event, p.Data
	s.answerError(c, p.ID, Errorf(CodeForbidden, "nobody may publish to %.255q", p.Channel))
}
