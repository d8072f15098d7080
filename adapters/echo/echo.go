// Package hawserecho serves Hawser from an Echo application, behind Echo's own middleware.
//
//	e := echo.New()
//	e.Use(authenticated) // which does c.Set("user", user)
//
//	rt := hawser.New(hawser.Options{
//		Authenticate: func(r *http.Request, _ string) (hawser.User, error) {
//			user, ok := hawser.RequestValue(r, "user").(*User)
//			if !ok {
//				return hawser.User{}, hawser.ErrUnauthorized
//			}
//			return hawser.User{ID: user.ID, Data: user}, nil
//		},
//	})
//	hawserecho.Mount(e, "/realtime", rt, hawserecho.Pick("user"))
//
// Echo reuses the context of a request for others as soon as the request is over, and a session outlives the request that created it. So
// what the session is to know is picked from the context once, when a request comes in, and no context is kept.
//
// Middleware that wraps the response writer and has an Unwrap method (Gzip, BodyDump) does no harm: streams go past it. Middleware that
// hides the connection (Timeout; ContextTimeout does not) leaves polling: then clients fall back to that, and the server's log names the writer
// that is in the way.
package hawserecho

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/hawser-go/hawser"
)

// A Router is where a server can be mounted: an *echo.Echo or an *echo.Group.
type Router interface {
	Any(path string, handler echo.HandlerFunc, middleware ...echo.MiddlewareFunc) []*echo.Route
}

var (
	_ Router = (*echo.Echo)(nil)
	_ Router = (*echo.Group)(nil)
)

// Mount serves rt, a *hawser.Server or a handler around one, below prefix, for all methods: "/realtime" is where a client connects that
// is given "/realtime".
func Mount(on Router, prefix string, rt http.Handler, options ...Option) {
	on.Any(strings.TrimSuffix(prefix, "/")+"/*", Handler(rt, options...))
}

// Handler returns rt as a handler for Echo, for routes that Mount does not make. Its route must end in "/*" and take every method: the last element
// of the path says what is asked for.
func Handler(rt http.Handler, options ...Option) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		for _, pick := range options {
			r = pick(c, r)
		}
		rt.ServeHTTP(c.Response(), r)
		return nil
	}
}

// An Option says what a request takes along from Echo's context.
type Option func(c echo.Context, r *http.Request) *http.Request

// Pick takes the values along that middleware had put in Echo's context with c.Set(key, …). Options.Authenticate finds them with
// hawser.RequestValue, everybody else with Session.Request().Value, under the same key. A key that the context has no value for is left out.
//
// A session keeps the values for its life, so they must not be ones that are reused when the request is over.
func Pick(keys ...string) Option {
	return func(c echo.Context, r *http.Request) *http.Request {
		for _, key := range keys {
			if value := c.Get(key); value != nil {
				r = hawser.WithRequestValue(r, key, value)
			}
		}
		return r
	}
}

// PickFunc takes along, under key, whatever value makes of Echo's context: a parameter of the route, say. Nil is left out. The function must not keep
// the context.
func PickFunc(key string, value func(c echo.Context) any) Option {
	return func(c echo.Context, r *http.Request) *http.Request {
		if v := value(c); v != nil {
			r = hawser.WithRequestValue(r, key, v)
		}
		return r
	}
}
