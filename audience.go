package hawser

import (
	"fmt"
	"iter"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/presence"
	"github.com/hawser-go/hawser/session"
)

// An audience tells sessions of a channel's presence: docs/protocol.md §9.1.
type audience struct{ server *Server }

var _ presence.Audience = audience{}
var _ presence.Member = (*member)(nil)
var _ presence.Watcher = (*member)(nil)

// presenceDiff is the data of a presence packet.
type presenceDiff struct {
	In  [][]any  `json:"in,omitempty"`
	Out []string `json:"out,omitempty"`
}

// presenceAnswer is the answer to hawser:presence.
type presenceAnswer struct {
	Members [][]any `json:"members"`
}

// stateEvent is the data of a state, on its way to others.
type stateEvent struct {
	Session string `json:"session"`
	Key     string `json:"key"`
	Value   any    `json:"value,omitempty"`
	TTL     int64  `json:"ttl"`
}

// stateAnswer is the answer to the call hawser:state.
type stateAnswer struct {
	States [][]any `json:"states"`
}

// Changed implements presence.Audience. Where a diff does not fit, the channel is reset, and the client joins and asks again.
func (a audience) Changed(channelName string, d presence.Diff, to iter.Seq[presence.Watcher]) {
	packets := perCodec{make: func(c codec.Codec) (*session.Packet, error) {
		diff := presenceDiff{Out: d.Out}
		var err error
		if diff.In, err = a.server.present(c, d.In); err != nil {
			return nil, err
		}
		encoded, err := a.encode(c, codec.Packet{Kind: codec.KindPresence, Channel: channelName}, diff)
		topic := a.server.hub.Topic(channelName, c)
		if err != nil || topic == nil { // all watchers are members: they are leaving
			return nil, err
		}
		return topic.Packet(encoded, ""), nil
	}}
	for w := range to {
		m := w.(*member)
		if p := packets.of(a.server, m.Codec()); p != nil {
			_ = m.line.Send(p)
		}
	}
}

// State implements presence.Audience.
func (a audience) State(channelName string, st presence.State) (tell func(presence.Watcher) bool) {
	packets := perCodec{make: func(c codec.Codec) (*session.Packet, error) {
		value, err := a.server.embedded(c, st.Data)
		if err != nil {
			return nil, err
		}
		p := codec.Packet{Kind: codec.KindVolatile, Channel: channelName, Event: serviceState}
		encoded, err := a.encode(c, p, stateEvent{st.Session, st.Key, value, st.TTL.Milliseconds()})
		if err != nil {
			return nil, err
		}
		return session.NewPacket(encoded), nil
	}}
	return func(w presence.Watcher) bool {
		m := w.(*member)
		p := packets.of(a.server, m.Codec())
		return p == nil || m.line.SendVolatile(p)
	}
}

// A perCodec makes one packet for each codec that is asked for.
type perCodec struct {
	make func(codec.Codec) (*session.Packet, error)
	made []madeFor
}

type madeFor struct {
	codec  codec.Codec
	packet *session.Packet // nil if it cannot be made, which the log says
}

func (pc *perCodec) of(s *Server, c codec.Codec) *session.Packet {
	for _, m := range pc.made {
		if m.codec.Name() == c.Name() { // what an application brings need not be comparable
			return m.packet
		}
	}
	p, err := pc.make(c)
	if err != nil {
		s.options.Logger.Error("hawser: presence cannot be encoded", "codec", c.Name(), "error", err)
	}
	pc.made = append(pc.made, madeFor{c, p})
	return p
}

// encode makes a packet that fits into a frame.
func (a audience) encode(c codec.Codec, p codec.Packet, data any) ([]byte, error) {
	raw, err := c.Marshal(data)
	if err != nil {
		return nil, err
	}
	p.Data.Raw = raw
	encoded, err := codec.Append(c, make([]byte, 0, roomFor(&p)), &p)
	if err != nil {
		return nil, err
	}
	if limit := a.server.options.MaxPayload; len(encoded) > limit {
		return nil, fmt.Errorf("%d bytes are over the limit of %d", len(encoded), limit)
	}
	return encoded, nil
}

// present writes who is there, for c: [session, user, data?] each.
func (s *Server) present(c codec.Codec, here []presence.Presence) ([][]any, error) {
	all := make([][]any, len(here))
	for i, p := range here {
		all[i] = []any{p.Session, p.User}
		data, err := s.embedded(c, p.Data)
		if err != nil {
			return nil, err
		}
		if data != nil {
			all[i] = append(all[i], data)
		}
	}
	return all, nil
}

// embedded returns what c writes as the value that was encoded, or nil if there is none. Bytes are what they are inside of a structure.
func (s *Server) embedded(c codec.Codec, data []broker.Payload) (any, error) {
	p, err := s.hub.Payload(c, data)
	switch {
	case err != nil:
		return nil, err
	case p.Absent():
		return nil, nil
	case p.Bytes:
		return p.Raw, nil
	}
	return codec.Embed(c, p.Raw)
}
