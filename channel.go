package hawser

import (
	"sync/atomic"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/channel"
)

// A Channel is a pattern of channel names, "chat:{room}", with the handlers for all channels that it matches. Methods that register may be
// called at any time, also while the server runs; a second handler of the same kind replaces the first.
//
// Who may do what is said here, once for the pattern, and denied where nothing is said: joining (OnJoin), publishing (AllowPublish), reading what was
// published (OnHistory), seeing who is there (OnPresence), showing states (AllowState).
type Channel struct {
	server    *Server
	pattern   string
	routes    routes
	retention atomic.Pointer[broker.Retention]
	delivery  atomic.Pointer[delivery]
	noEcho    atomic.Bool
	tracked   atomic.Pointer[tracked] // nil without presence
}

// Pattern returns the pattern.
func (ch *Channel) Pattern() string { return ch.pattern }

// Use wraps all handlers of the channel, those registered before too. The server's middleware is outside of it.
func (ch *Channel) Use(m ...Middleware) { ch.routes.use(m...) }

// OnJoin registers who may join: those for whom the handler returns nil. Without one nobody may. What the handler gives Context.Reply is the data
// that the client's join gets. It is asked again whenever a client joins again, also to recover; a member that is refused then is a member no longer.
func (ch *Channel) OnJoin(h Handler) { ch.routes.handle(routeKey{op: OpJoin}, h, nil) }

// OnLeave registers what is called when a session has left: by itself, removed by the server, or because it ended.
func (ch *Channel) OnLeave(h Handler) { ch.routes.handle(routeKey{op: OpLeave}, h, nil) }

// OnRecheck registers who may stay: it is asked of each member that has shown a fresh token, or come back with other credentials. An error removes the session
// from the channel, with its code and message; OnLeave is called then.
func (ch *Channel) OnRecheck(h Handler) { ch.routes.handle(routeKey{op: OpRecheck}, h, nil) }

// OnEvent registers the handler of an event that members of a channel send to it: see Router.
func (ch *Channel) OnEvent(name string, h Handler, options ...HandlerOption) {
	ch.routes.handle(routeKey{OpEvent, name}, h, options)
}

// OnCall registers the handler of a call that members of a channel make to it: see Router.
func (ch *Channel) OnCall(name string, h Handler, options ...HandlerOption) {
	ch.routes.handle(routeKey{OpCall, name}, h, options)
}

// Channel returns the channel for a pattern (see package channel for how patterns match), and makes it the first time. It panics on a malformed pattern,
// or one that matches the same names as another: a mistake in the program.
func (s *Server) Channel(pattern string) *Channel {
	s.patternsMu.Lock()
	defer s.patternsMu.Unlock()
	if ch := s.patterns[pattern]; ch != nil {
		return ch
	}
	ch := &Channel{server: s, pattern: pattern, routes: routes{outer: &s.routes}}
	if err := s.table.Add(pattern, ch); err != nil {
		panic(err)
	}
	s.patterns[pattern] = ch
	s.routes.mu.Lock()
	s.routes.inner = append(s.routes.inner, &ch.routes)
	s.routes.mu.Unlock()
	return ch
}

// match returns the channel pattern for a name.
func (s *Server) match(name string) (*Channel, channel.Params, bool) { return s.table.Match(name) }
