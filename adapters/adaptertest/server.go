package adaptertest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
)

// patience is how long a test waits for what must happen before it fails.
const patience = 20 * time.Second

// FriendlyOrigin is an origin whose pages may connect to a Server.
const FriendlyOrigin = "https://friendly.example"

// Options say what a Server is to be.
type Options struct {
	Mount  Mount
	Prefix string // default "/realtime"
	// Authenticate replaces the one that takes the name that was picked under "user".
	Authenticate func(r *http.Request, token string) (hawser.User, error)
	// HTTP2 has the server offer HTTP/2, and its Do and Clients use it. WebSockets go over HTTP/1.1, as browsers' do.
	HTTP2 bool
}

// A Server is an application with Hawser in it. It answers the call "whoami" with the user's id and what Session.Request().Value("user")
// gives. The test ends it.
type Server struct {
	RT *hawser.Server

	url  *url.URL // of the mount, with a slash at its end
	http *http.Client
	tls  *tls.Config // nil without HTTP2
	log  log
}

// NewServer starts a server.
func NewServer(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Prefix == "" {
		o.Prefix = "/realtime"
	}
	if o.Authenticate == nil {
		o.Authenticate = func(r *http.Request, _ string) (hawser.User, error) {
			name, _ := hawser.RequestValue(r, "user").(string)
			return hawser.User{ID: name}, nil
		}
	}
	s := &Server{}
	s.RT = hawser.New(hawser.Options{
		Authenticate: o.Authenticate,
		Origins:      []string{FriendlyOrigin},
		Logger:       slog.New(slog.NewTextHandler(&s.log, nil)),
	})
	s.RT.OnCall("whoami", func(c *hawser.Context) error {
		c.Reply(fmt.Sprint(c.User().ID, " ", c.Session().Request().Value("user")))
		return nil
	})
	app := httptest.NewUnstartedServer(o.Mount(o.Prefix, s.RT))
	if o.HTTP2 {
		app.EnableHTTP2 = true
		app.StartTLS()
		s.tls = &tls.Config{RootCAs: app.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	} else {
		app.Start()
	}
	s.http = app.Client()
	// The compression that a client asks for by itself would be taken off again before a test could see it.
	s.http.Transport.(*http.Transport).DisableCompression = true
	var err error
	s.url, err = url.Parse(app.URL + o.Prefix + "/")
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.RT.Shutdown(ctx) // at once: nobody is there to acknowledge
		app.CloseClientConnections()
		app.Close()
	})
	return s
}

// Log returns what the server has logged.
func (s *Server) Log() string { return s.log.String() }

// A Response is what a server answered. The test closes its body.
type Response struct {
	Status int
	Proto  int // the major version of HTTP
	Header http.Header
	Body   io.ReadCloser
}

// Do makes a request below the mount.
func (s *Server) Do(t *testing.T, method, path string, header http.Header) Response {
	t.Helper()
	return s.do(t, method, path, header, "")
}

func (s *Server) do(t *testing.T, method, path string, header http.Header, body string) Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, s.url.String()+path, strings.NewReader(body))
	require.NoError(t, err)
	for name, values := range header {
		r.Header[name] = values
	}
	response, err := s.http.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return Response{response.StatusCode, response.ProtoMajor, response.Header, response.Body}
}

// A log is a buffer for any number of goroutines.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
