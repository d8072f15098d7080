package hawser

import (
	"errors"

	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A member is a session as the hub sees it.
type member clientSession

var _ channel.Member = (*member)(nil)

func (m *member) ID() string                        { return m.line.ID() }
func (m *member) Codec() codec.Codec                { return m.line.Codec() }
func (m *member) DeliverVolatile(p *session.Packet) { m.line.SendVolatile(p) }
func (m *member) Resume(t *session.Topic)           { m.line.Resume(t) }
func (m *member) Connected() bool                   { return m.line.Connected() }

// Deliver hands on a packet. What does not fit ends the session, which says so, or the membership.
func (m *member) Deliver(p *session.Packet) bool {
	return !errors.Is(m.line.Send(p), session.ErrSuspended)
}

func (m *member) Room() (packets, bytes int) { return m.line.Room() }
