package hawser

import (
	"context"
	"net/http"
	"path"
	"sync"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/channel"
	clientjs "github.com/hawser-go/hawser/client-js"
	"github.com/hawser-go/hawser/internal/hands"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/transport"
)

// A Server holds the sessions of one node. It is an http.Handler, to be mounted under one path ("/realtime/", or any other: only the last element of a
// request's path counts), and serves the transports and the client's bundles ("/realtime/hawser.mjs"). All methods may be called at the same time; handlers
// may be registered before and while it serves.
type Server struct {
	options    Options
	origins    *origins
	transports map[string]transport.Transport
	lines      *line.Registry
	broker     broker.Broker
	hub        *channel.Hub
	routes     routes
	table      channel.Table[*Channel]

	patternsMu sync.Mutex
	patterns   map[string]*Channel

	mu       sync.RWMutex              // the registry of lines is locked while it is taken: ask that nothing while it is held
	sessions map[string]*clientSession // those that have not been through OnDisconnect

	users   users
	tickets tickets
	// handlers runs inboxes that no transport's goroutine does. It also counts the goroutines of concurrent handlers, and sessions until OnDisconnect, so that
	// Shutdown can wait for them.
	handlers hands.Pool
	// inboxShare is how much of the room of an inbox handlers keep that are done, until others are.
	inboxShare share
}

// New makes a server. It panics over a mistake in the program: an origin that is malformed, a bound or a time below zero.
func New(o Options) *Server {
	o.check()
	o = o.withDefaults()
	s := &Server{
		options:    o,
		origins:    newOrigins(o.Origins),
		transports: map[string]transport.Transport{},
		broker:     o.Broker,
		patterns:   map[string]*Channel{},
		sessions:   map[string]*clientSession{},
	}
	if s.broker == nil {
		s.broker = memory.New(memory.Options{})
	}
	s.hub = channel.NewHub(channel.Options{Log: s.broker, Codecs: o.Codecs, Policy: s.policyOf, MaxPacket: o.MaxPayload})
	for _, t := range o.Transports {
		s.transports[t.Path()] = t
	}
	lines := o.lines()
	s.inboxShare = shareOf(lines.Inbox)
	s.lines = line.NewRegistry(app{s}, lines)
	return s
}

// Use wraps all handlers, those of channels too, those registered before too.
func (s *Server) Use(m ...Middleware) { s.routes.use(m...) }

// OnConnect registers what is called when a session begins, before anything that the client sent is handled. An error ends the session, with its code:
// nothing of it is handled then, and OnDisconnect is not called.
func (s *Server) OnConnect(h Handler) { s.routes.handle(routeKey{op: OpConnect}, h, nil) }

// OnDisconnect registers what is called when a session has ended, after its last other handler has begun. See Context.Cause and
// Context.Unacknowledged.
func (s *Server) OnDisconnect(h Handler) { s.routes.handle(routeKey{op: OpDisconnect}, h, nil) }

// OnEvent registers the handler of an event that is not a channel's: see Router.
func (s *Server) OnEvent(name string, h Handler, options ...HandlerOption) {
	s.routes.handle(routeKey{OpEvent, name}, h, options)
}

// OnCall registers the handler of a call that is not a channel's: see Router.
func (s *Server) OnCall(name string, h Handler, options ...HandlerOption) {
	s.routes.handle(routeKey{OpCall, name}, h, options)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := s.transports[path.Base(r.URL.Path)]
	if t == nil {
		clientjs.Handler().ServeHTTP(w, r)
		return
	}
	if s.origins.allow(w, r, s.options.Logger) {
		t.Serve(s.lines, w, r)
	}
}

// Session returns the session of this node with that id. It is there until OnDisconnect has returned.
func (s *Server) Session(id string) (Session, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if session, ok := s.sessions[id]; ok {
		return session, true
	}
	return nil, false
}

// Sessions returns all sessions of this node, in no order, also those that have ended and whose OnDisconnect has not returned.
func (s *Server) Sessions() []Session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]Session, 0, len(s.sessions))
	for _, session := range s.sessions {
		all = append(all, session)
	}
	return all
}

func (s *Server) count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.sessions)
}

func (s *Server) remove(session *clientSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, session.ID())
}

// Members returns how many sessions of this node get what is published to a channel.
func (s *Server) Members(channelName string) int { return s.hub.Count(channelName) }

// app is the Server as its lines see it.
type app struct{ *Server }

// Create implements line.App: it settles who the user is.
func (s app) Create(r *http.Request, transportName, token string, l *line.Line) (line.Session, *transport.CloseError) {
	user, refused := s.authenticate(ofWire(r), r, token)
	if refused != nil {
		return nil, refused.close()
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	session := &clientSession{server: s.Server, line: l, request: keep(r), ctx: ctx, cancel: cancel}
	session.inbox.session = session
	session.user.Store(&user)
	return session, nil
}

// Created implements line.App.
func (s app) Created(created line.Session, by transport.Runner) {
	session := created.(*clientSession)
	s.mu.Lock()
	s.sessions[session.ID()] = session
	s.mu.Unlock()
	s.users.add(session)
	if expires := session.User().Expires; !expires.IsZero() {
		s.tickets.set(session, expires)
	}
	s.handlers.Add(1) // until OnDisconnect
	session.inbox.push(ownItem(OpConnect), by)
}
