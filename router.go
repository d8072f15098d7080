package hawser

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
)

// A Handler handles one thing that happened on a session: what, its Context says. An *Error that it returns is told to the client, where
// somebody waits for an answer.
type Handler func(*Context) error

// A Middleware wraps a handler: authentication, limits, logs and metrics are written once, for everything that happens.
type Middleware func(Handler) Handler

// An Op is what a handler handles.
type Op uint8

// What happens on a session.
const (
	OpConnect    Op = iota + 1 // a session began
	OpDisconnect               // a session ended
	OpEvent                    // the client sent an event
	OpCall                     // the client called
	OpJoin                     // the client wants to join a channel
	OpLeave                    // the session left a channel
	OpPublish                  // the client wants to publish to a channel
	OpSnapshot                 // a channel's state is wanted, for one who joins
	OpHistory                  // the client wants to read a channel's history
	OpPresence                 // the client wants to see who is in a channel
	OpState                    // the client wants to show others a state
	OpRecheck                  // a member of a channel has shown a fresh token
)

// These are in a session's inbox, too, and no handler has them.
const (
	opGoAway   Op = 255 - iota // ends a session in its turn
	opAnswered                 // the broker has answered: what was aside goes on
)

var opNames = [...]string{"", "connect", "disconnect", "event", "call", "join", "leave", "publish", "snapshot", "history", "presence", "state", "recheck"}

func (op Op) String() string {
	if int(op) < len(opNames) {
		return opNames[op]
	}
	return fmt.Sprintf("op(%d)", uint8(op))
}

// A Router is where handlers are registered: a Server, or a Channel of it.
type Router interface {
	// OnEvent registers the handler of an event; a second one for the same name replaces it. An empty name stands for all events that have no handler. Of a
	// channel's events, those that begin with "hawser:" are Hawser's own, and reach no handler.
	OnEvent(name string, h Handler, options ...HandlerOption)
	// OnCall registers the handler of a call, in the same way.
	OnCall(name string, h Handler, options ...HandlerOption)
}

// A HandlerOption changes how a handler is run.
type HandlerOption func(*route)

// Concurrent lets a handler run beside the session's other ones: by default they run one at a time and in order. Such a handler begins in order, in a
// goroutine of its own.
func Concurrent() HandlerOption { return func(r *route) { r.concurrent = true } }

// HandleEvent registers a handler for an event whose payload is an In. Where the payload does not fit, the handler is not called.
func HandleEvent[In any](on Router, name string, h func(c *Context, in In) error, options ...HandlerOption) {
	on.OnEvent(name, func(c *Context) error {
		var in In
		if err := c.Bind(&in); err != nil {
			return err
		}
		return h(c, in)
	}, options...)
}

// HandleCall registers a handler for a call whose payload is an In and whose answer is an Out. Where the payload does not fit, the handler is not called, and
// the client is told CodeBadRequest.
func HandleCall[In, Out any](on Router, name string, h func(c *Context, in In) (Out, error), options ...HandlerOption) {
	on.OnCall(name, func(c *Context) error {
		var in In
		if err := c.Bind(&in); err != nil {
			return err
		}
		out, err := h(c, in)
		if err != nil {
			return err
		}
		c.Reply(out)
		return nil
	}, options...)
}

type routeKey struct {
	op   Op
	name string // of an event or a call
}

type route struct {
	handler    Handler
	wrapped    Handler // in all the middleware
	concurrent bool
}

// A routes is a table of handlers. Its methods may be called at the same time.
type routes struct {
	outer *routes // whose middleware goes around this one's, or nil

	// table is never changed, only replaced: every packet looks into it, and a lock that readers share is written by all of their processors.
	table atomic.Pointer[map[routeKey]*route]

	mu         sync.Mutex // held by who registers; guards what follows
	middleware []Middleware
	inner      []*routes
}

func (t *routes) handle(key routeKey, h Handler, options []HandlerOption) {
	r := &route{handler: h}
	for _, o := range options {
		o(r)
	}
	t.mu.Lock() // over the wrapping, or middleware that is added meanwhile would be missing
	defer t.mu.Unlock()
	r.wrapped = t.wrapLocked(h)
	t.changeLocked(func(table map[routeKey]*route) { table[key] = r })
}

// changeLocked puts a changed table in the place of the one that there is.
func (t *routes) changeLocked(change func(table map[routeKey]*route)) {
	changed := maps.Clone(t.all())
	if changed == nil {
		changed = map[routeKey]*route{}
	}
	change(changed)
	t.table.Store(&changed)
}

func (t *routes) all() map[routeKey]*route {
	if table := t.table.Load(); table != nil {
		return *table
	}
	return nil
}

// find returns the route for key, or for its op with an empty name, or nil.
func (t *routes) find(key routeKey) *route {
	table := t.all()
	if r := table[key]; r != nil {
		return r
	}
	return table[routeKey{op: key.op}]
}

func (t *routes) use(m ...Middleware) {
	t.mu.Lock()
	t.middleware = append(t.middleware, m...)
	t.mu.Unlock()
	t.rewrap()
}

func (t *routes) rewrap() {
	t.mu.Lock()
	t.changeLocked(func(table map[routeKey]*route) {
		for key, r := range table {
			again := *r
			again.wrapped = t.wrapLocked(r.handler)
			table[key] = &again
		}
	})
	inner := t.inner
	t.mu.Unlock()
	for _, i := range inner {
		i.rewrap()
	}
}

func (t *routes) wrap(h Handler) Handler {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wrapLocked(h)
}

func (t *routes) wrapLocked(h Handler) Handler {
	for i := len(t.middleware) - 1; i >= 0; i-- {
		h = t.middleware[i](h)
	}
	if t.outer != nil {
		h = t.outer.wrap(h)
	}
	return h
}
