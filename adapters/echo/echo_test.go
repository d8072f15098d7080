package hawserecho_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/adapters/adaptertest"
	hawserecho "github.com/hawser-go/hawser/adapters/echo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// identify is the application's middleware, which says who the user is. When the request is over it does what Echo does to the context
// sooner or later: it gives it to somebody else.
func identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if name := c.Request().Header.Get("X-User"); name != "" {
			c.Set("user", name)
		}
		err := next(c)
		c.Reset(httptest.NewRequest(http.MethodGet, "/", http.NoBody), httptest.NewRecorder())
		c.Set("user", "mallory")
		return err
	}
}

func TestMountOnAnApplication(t *testing.T) {
	adaptertest.Run(t, func(prefix string, rt *hawser.Server) http.Handler {
		e := echo.New()
		e.Use(identify)
		hawserecho.Mount(e, prefix, rt, hawserecho.Pick("user", "what nobody set"))
		return e
	})
}

func TestMountOnAGroup(t *testing.T) {
	adaptertest.Run(t, func(prefix string, rt *hawser.Server) http.Handler {
		e := echo.New()
		g := e.Group(prefix, identify)
		hawserecho.Mount(g, "/", rt, hawserecho.Pick("user"))
		return e
	})
}

func TestHandlerOnARouteOfOnesOwn(t *testing.T) {
	adaptertest.Run(t, func(prefix string, rt *hawser.Server) http.Handler {
		e := echo.New()
		e.Any(prefix+"/*", hawserecho.Handler(rt, hawserecho.Pick("user")), identify)
		return e
	})
}

func TestPickFunc(t *testing.T) {
	s := adaptertest.NewServer(t, adaptertest.Options{
		Prefix: "/tenants/acme/realtime",
		Mount: func(_ string, rt *hawser.Server) http.Handler {
			e := echo.New()
			hawserecho.Mount(e, "/tenants/:tenant/realtime", rt,
				hawserecho.PickFunc("user", func(c echo.Context) any { return c.Param("tenant") }),
				hawserecho.PickFunc("user", func(echo.Context) any { return nil })) // is left out
			return e
		},
	})
	wire := s.Client(t, nil).Open(t, "sse", adaptertest.Call(1, "whoami"))
	assert.Equal(t, `"acme acme"`, adaptertest.Reply(t, wire, 1))
}
