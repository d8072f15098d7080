package hawser

import (
	"context"
	"slices"
	"sync"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// users are the sessions of each user, in the order in which they began. Anonymous ones are nobody's.
type users struct {
	mu   sync.RWMutex // guards byID; a slice in it is never changed, but replaced
	byID map[string][]*clientSession
}

func (u *users) add(s *clientSession) {
	id := s.User().ID
	if id == "" {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byID == nil {
		u.byID = map[string][]*clientSession{}
	}
	u.byID[id] = append(slices.Clip(u.byID[id]), s)
}

func (u *users) remove(s *clientSession) {
	id := s.User().ID
	if id == "" {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	rest := slices.DeleteFunc(slices.Clone(u.byID[id]), func(other *clientSession) bool { return other == s })
	if len(rest) == 0 {
		delete(u.byID, id)
		return
	}
	u.byID[id] = rest
}

func (u *users) of(id string) []*clientSession {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.byID[id]
}

// UserSessions are the sessions of one user that are alive on this node: all tabs and devices. Which those are is asked anew by each method. All methods may
// be called at the same time, from anywhere. Those of the anonymous user, "", fail with ErrNobody.
type UserSessions struct {
	server *Server
	id     string
}

// User returns the sessions of the user with that User.ID on this node, also if there are none now.
func (s *Server) User(id string) *UserSessions { return &UserSessions{s, id} }

// Sessions returns them, the oldest first.
func (u *UserSessions) Sessions() []Session {
	found := u.server.users.of(u.id)
	sessions := make([]Session, len(found))
	for i, s := range found {
		sessions[i] = s
	}
	return sessions
}

func (u *UserSessions) sessions() ([]*clientSession, error) {
	if u.id == "" {
		return nil, ErrNobody
	}
	return u.server.users.of(u.id), nil
}

// Send sends an event to each session, as Session.Send does, and returns to how many: 0 if the user is not there. data is encoded once for each codec in use. A
// session that ends meanwhile, or does not keep up, is not counted. The error is ErrNobody, or why data cannot be sent; then nobody gets it.
func (u *UserSessions) Send(event string, data any) (sent int, err error) {
	if err := validEvent(event); err != nil {
		return 0, err
	}
	sessions, err := u.sessions()
	if err != nil {
		return 0, err
	}
	encoded := map[string]*session.Packet{} // by the codec's name
	for _, s := range sessions {
		if c := s.Codec(); encoded[c] == nil {
			if encoded[c], err = s.encode(codec.Packet{Kind: codec.KindEvent, Event: event}, data); err != nil {
				return 0, err
			}
		}
	}
	for _, s := range sessions {
		if s.send(encoded[s.Codec()]) == nil {
			sent++
		}
	}
	return sent, nil
}

// An Answer is what one session answered to UserSessions.Call.
type Answer struct {
	Session Session
	// Err is why there is no answer, as Session.Call says it.
	Err error

	data codec.Payload
}

// Bind decodes the answer into v, a pointer. It fails with Err if there is none.
func (a *Answer) Bind(v any) error {
	if a.Err != nil {
		return a.Err
	}
	if err := codec.Decode(a.Session.(*clientSession).line.Codec(), a.data, v); err != nil {
		return Errorf(CodeBadRequest, "the client's answer does not fit: %w", err)
	}
	return nil
}

// Call asks each session, all at the same time, as Session.Call does, and returns what they answered, in the order of Sessions, once all have or ctx has
// ended. data is encoded once for each codec in use. Nobody is asked, and nothing returned, if the user is not there. The error is ErrNobody, why the event's
// name does not do, or why data cannot be encoded; then nobody is asked.
func (u *UserSessions) Call(ctx context.Context, event string, data any) ([]Answer, error) {
	if err := validEvent(event); err != nil {
		return nil, err
	}
	sessions, err := u.sessions()
	if err != nil {
		return nil, err
	}
	encoded := map[string]any{} // by the codec's name: here, where a panic of data's own is the caller's
	for _, s := range sessions {
		if c := s.Codec(); encoded[c] == nil && data != nil {
			p := codec.Packet{Event: event}
			if err := s.load(&p, data); err != nil {
				return nil, err
			}
			encoded[c] = p.Data
		}
	}
	answers := make([]Answer, len(sessions))
	var asking sync.WaitGroup
	for i, s := range sessions {
		answers[i].Session = s
		asking.Go(func() { answers[i].Err = s.Call(ctx, event, encoded[s.Codec()], &answers[i].data) })
	}
	asking.Wait()
	return answers, nil
}

// End ends each session, as Session.End does, and returns how many it ended.
func (u *UserSessions) End(code Code, message string) (ended int, err error) {
	sessions, err := u.sessions()
	for _, s := range sessions {
		if s.end(code, message, 0) {
			ended++
		}
	}
	return ended, err
}

// Kick ends all sessions of a user on this node, and returns how many. Their clients are told code and reason, and do not come back by themselves. To keep
// the user out, let Authenticate refuse. Where there are several nodes, each has to be told.
func (s *Server) Kick(user string, code Code, reason string) (ended int, err error) {
	return s.User(user).End(code, reason)
}

// Revoke removes all sessions of a user on this node from a channel, and returns how many were members. Their clients are told so, with CodeForbidden. A join
// that is under way, even one that OnJoin has allowed, fails. Later ones are for OnJoin to refuse, so let it know before.
// Where there are several nodes, each has to be told: on the others the user goes on getting what is published.
func (s *Server) Revoke(user, channel string) (left int, err error) {
	sessions, err := s.User(user).sessions()
	for _, session := range sessions {
		session.memberships.revoke(channel)
		if session.Leave(channel, CodeForbidden, "not allowed any more") {
			left++
		}
	}
	return left, err
}
