package hawser

import (
	"cmp"
	"context"
	"slices"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/presence"
)

// A PresenceCount is how many are in a channel. Each anonymous session counts as a user of its own.
type PresenceCount = presence.Count

// A PresentSession is a session that is in a channel, on whatever node.
type PresentSession struct {
	ID   string
	User string // "": anonymous

	codec codec.Codec
	data  codec.Payload
}

// Bind decodes what others see of the session into v, a pointer. Where there is nothing, it leaves v as it is.
func (p *PresentSession) Bind(v any) error { return codec.Decode(p.codec, p.data, v) }

// A PresentUser is a user who is in a channel, with all tabs and devices. Each anonymous session is a user of its own, without an id.
type PresentUser struct {
	ID       string
	Sessions []PresentSession // at least one
}

// A ChannelPresence is who is in one channel, on all nodes. Its methods may be called at the same time, and ask anew each time. Errors: an *Error with
// CodeNotFound where the channel has no presence, ctx's, and the broker's.
type ChannelPresence struct {
	server *Server
	name   string
}

// Presence returns who is in a channel. Nobody has to be allowed to see it.
func (s *Server) Presence(channelName string) ChannelPresence { return ChannelPresence{s, channelName} }

// Count returns how many are there. It has to list them only the first time, and where no session of this node is there.
func (p ChannelPresence) Count(ctx context.Context) (PresenceCount, error) {
	t, err := p.server.tracked(p.name)
	if err != nil {
		return PresenceCount{}, err
	}
	return t.Count(ctx, p.name)
}

// Sessions returns who is there, by session, in the order of users and sessions.
func (p ChannelPresence) Sessions(ctx context.Context) ([]PresentSession, error) {
	t, err := p.server.tracked(p.name)
	if err != nil {
		return nil, err
	}
	here, err := t.List(ctx, p.name)
	if err != nil {
		return nil, err
	}
	c := p.server.options.Codecs[0]
	all := make([]PresentSession, len(here))
	for i, h := range here {
		all[i] = PresentSession{ID: h.Session, User: h.User, codec: c}
		if all[i].data, err = p.server.hub.Payload(c, h.Data); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b PresentSession) int { return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.ID, b.ID)) })
	return all, nil
}

// Users returns who is there, by user, in the order of their ids.
func (p ChannelPresence) Users(ctx context.Context) ([]PresentUser, error) {
	sessions, err := p.Sessions(ctx)
	var users []PresentUser
	for _, s := range sessions {
		if last := len(users) - 1; last >= 0 && s.User != "" && users[last].ID == s.User {
			users[last].Sessions = append(users[last].Sessions, s)
			continue
		}
		users = append(users, PresentUser{ID: s.User, Sessions: []PresentSession{s}})
	}
	return users, err
}
