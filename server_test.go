package hawser_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A site is a server under test, behind HTTP.
type site struct {
	*hawser.Server
	t    *testing.T
	http *httptest.Server
	logs *logs

	clients []*wiretest.Client
}

func newSite(t *testing.T, o hawser.Options) *site {
	t.Helper()
	s := &site{t: t, logs: &logs{}}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(s.logs, nil))
	}
	s.Server = hawser.New(o)
	mux := http.NewServeMux()
	mux.Handle("/realtime/", s.Server)
	s.http = httptest.NewServer(mux)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		assert.NoError(t, s.Shutdown(ctx)) // whoever is there hears of it
		for _, c := range s.clients {
			c.Cut()
		}
		s.http.CloseClientConnections()
		s.http.Close()
	})
	return s
}

// client makes a client, changed, without connecting it.
func (s *site) client(change ...func(*wiretest.Client)) *wiretest.Client {
	c := &wiretest.Client{URL: s.http.URL + "/realtime/", HTTP: s.http.Client(), Codec: codec.JSON()}
	for _, change := range change {
		change(c)
	}
	s.clients = append(s.clients, c)
	return c
}

func (s *site) connect(change ...func(*wiretest.Client)) *wiretest.Client {
	s.t.Helper()
	c := s.client(change...)
	require.NoError(s.t, c.Connect(s.t.Context()))
	return c
}

// session returns the server's side of a client.
func (s *site) session(c *wiretest.Client) hawser.Session {
	s.t.Helper()
	session, ok := s.Session(c.SID)
	require.True(s.t, ok)
	return session
}

func with(transport string, c codec.Codec) func(*wiretest.Client) {
	return func(client *wiretest.Client) { client.Transport, client.Codec = transport, c }
}

func token(token string) func(*wiretest.Client) {
	return func(client *wiretest.Client) { client.Token = token }
}

// everywhere runs a test over each transport, in each codec.
func everywhere(t *testing.T, test func(t *testing.T, over func(*wiretest.Client))) {
	for _, transport := range []string{"websocket", "sse", "poll"} {
		for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
			t.Run(transport+" "+c.Name(), func(t *testing.T) { test(t, with(transport, c)) })
		}
	}
}

// decode decodes the payload of an answer.
func decode[T any](t *testing.T, c *wiretest.Client, p *codec.Packet, err error) (v T) {
	t.Helper()
	require.NoError(t, err)
	require.Empty(t, p.Code, p.Message)
	require.NoError(t, codec.Decode(c.Codec, p.Data, &v))
	return v
}

// logs are what was logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// receive waits for a value.
func receive[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(10 * time.Second):
		require.Fail(t, "it did not come")
	}
	return v
}

type say struct {
	Text string `json:"text"`
}

func TestCallsAndEventsEverywhere(t *testing.T) {
	everywhere(t, func(t *testing.T, over func(*wiretest.Client)) {
		s := newSite(t, hawser.Options{})
		heard := make(chan say, 1)
		hawser.HandleCall(s, "shout", func(_ *hawser.Context, in say) (say, error) { return say{in.Text + "!"}, nil })
		hawser.HandleEvent(s, "say", func(_ *hawser.Context, in say) error { heard <- in; return nil })
		hawser.HandleCall(s, "greet", func(c *hawser.Context, _ any) (any, error) {
			require.NoError(t, c.Session().Send("greeting", say{"hello"}))
			var name string
			err := c.Session().Call(c, "name", nil, &name) // of the client that waits for this handler
			return name, err
		})
		c := s.connect(over)

		p, err := c.Call(t.Context(), "", "shout", say{"hey"})
		assert.Equal(t, say{"hey!"}, decode[say](t, c, p, err))
		require.NoError(t, c.Event("", "say", say{"psst"}))
		assert.Equal(t, say{"psst"}, receive(t, heard))

		id := c.ID()
		require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindCall, ID: id, Event: "greet"}))
		greeting, err := c.Next(t.Context())
		assert.Equal(t, say{"hello"}, decode[say](t, c, greeting, err))
		question, err := c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, codec.KindCall, question.Kind)
		require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindReply, ID: question.ID, Data: c.Payload("ann")}))
		p, err = c.Answer(t.Context(), id)
		assert.Equal(t, "ann", decode[string](t, c, p, err))

		ok, err := s.session(c).SendVolatile("v", say{"maybe"})
		for !ok && err == nil && c.Transport == "poll" { // between two polls there is nobody
			ok, err = s.session(c).SendVolatile("v", say{"maybe"})
		}
		require.NoError(t, err)
		v, err := c.Volatile(t.Context())
		assert.Equal(t, say{"maybe"}, decode[say](t, c, v, err))
		assert.Contains(t, s.session(c).Transport(), c.Transport)
		assert.Equal(t, c.Codec.Name(), s.session(c).Codec())
	})
}

func TestBytesArriveAsBytesEverywhere(t *testing.T) {
	everywhere(t, func(t *testing.T, over func(*wiretest.Client)) {
		s := newSite(t, hawser.Options{})
		sent := []byte{0, 1, 0xFE, '\n', 0xFF}
		hawser.HandleCall(s, "bytes", func(c *hawser.Context, in []byte) ([]byte, error) {
			assert.Equal(t, sent, in)
			return in, c.Session().Send("raw", in)
		})
		lab := s.Channel("lab")
		lab.OnJoin(func(c *hawser.Context) error { return nil })
		c := s.connect(over)
		p, err := c.Call(t.Context(), "", "bytes", sent)
		require.NoError(t, err)
		assert.Equal(t, codec.Payload{Raw: sent, Bytes: true}, p.Data)
		p, err = c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, codec.Payload{Raw: sent, Bytes: true}, p.Data)

		_, err = c.Join(t.Context(), "lab")
		require.NoError(t, err)
		_, err = s.Publish(t.Context(), "lab", "b", sent)
		require.NoError(t, err)
		p, err = c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, codec.Payload{Raw: sent, Bytes: true}, p.Data)
	})
}

func TestSessionOutlivesItsWiresEverywhere(t *testing.T) {
	everywhere(t, func(t *testing.T, over func(*wiretest.Client)) {
		s := newSite(t, hawser.Options{})
		var mu sync.Mutex
		var nums []int
		hawser.HandleEvent(s, "num", func(_ *hawser.Context, n int) error {
			mu.Lock()
			defer mu.Unlock()
			nums = append(nums, n)
			return nil
		})
		hawser.HandleCall(s, "nums", func(*hawser.Context, any) ([]int, error) {
			mu.Lock()
			defer mu.Unlock()
			return nums, nil
		})
		c := s.connect(over)
		session := s.session(c)
		want := []int{}
		for i := range 10 {
			require.NoError(t, c.Event("", "num", i))
			require.NoError(t, session.Send("n", i))
			want = append(want, i)
			c.Cut()
			require.NoError(t, session.Send("m", i))
			require.NoError(t, c.Connect(t.Context()))
		}
		p, err := c.Call(t.Context(), "", "nums", nil)
		assert.Equal(t, want, decode[[]int](t, c, p, err))
		for i := range 10 {
			for _, name := range []string{"n", "m"} {
				p, err := c.Next(t.Context())
				assert.Equal(t, i, decode[int](t, c, p, err))
				assert.Equal(t, name, p.Event)
			}
		}
		assert.Equal(t, session.ID(), c.SID)
		assert.Len(t, s.Sessions(), 1)
	})
}

func TestStreamSurvivesAWriteTimeoutOfTheServer(t *testing.T) {
	rt := hawser.New(hawser.Options{Logger: slog.New(slog.DiscardHandler)})
	server := httptest.NewUnstartedServer(rt)
	server.Config.WriteTimeout = 300 * time.Millisecond
	server.Start()
	defer server.Close()
	defer func() { _ = rt.Shutdown(context.Background()) }()
	c := &wiretest.Client{URL: server.URL + "/", HTTP: server.Client(), Transport: "sse"}
	require.NoError(t, c.Connect(t.Context()))
	defer c.Cut()
	session, _ := rt.Session(c.SID)
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for i := range 10 { // three times as long as the timeout
		<-ticks.C
		require.NoError(t, session.Send("tick", i))
		p, err := c.Next(t.Context())
		assert.Equal(t, i, decode[int](t, c, p, err), "on the same stream: the client does not reconnect")
	}
}

func TestHandlersRunInOrder(t *testing.T) {
	s := newSite(t, hawser.Options{})
	var mu sync.Mutex
	var got []int
	s.OnConnect(func(*hawser.Context) error { got = append(got, -1); return nil })
	hawser.HandleEvent(s, "n", func(_ *hawser.Context, n int) error {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, n)
		return nil
	})
	var first []*codec.Packet
	c := s.client()
	for i := range 100 {
		first = append(first, &codec.Packet{Kind: codec.KindEvent, Event: "n", Data: c.Payload(i)})
	}
	c.First = first
	require.NoError(t, c.Connect(t.Context()))
	for i := 100; i < 500; i++ {
		require.NoError(t, c.Event("", "n", i))
	}
	hawser.HandleCall(s, "done", func(*hawser.Context, any) (int, error) { return len(got), nil })
	p, err := c.Call(t.Context(), "", "done", nil)
	assert.Equal(t, 501, decode[int](t, c, p, err))
	for i, n := range got {
		require.Equal(t, i-1, n)
	}
}

func TestConcurrentHandlersDoNotHoldUpOthers(t *testing.T) {
	s := newSite(t, hawser.Options{})
	release := make(chan struct{})
	hawser.HandleCall(s, "slow", func(*hawser.Context, any) (string, error) { <-release; return "slow", nil }, hawser.Concurrent())
	hawser.HandleCall(s, "fast", func(*hawser.Context, any) (string, error) { return "fast", nil })
	c := s.connect()
	slow := c.ID()
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindCall, ID: slow, Event: "slow"}))
	p, err := c.Call(t.Context(), "", "fast", nil)
	assert.Equal(t, "fast", decode[string](t, c, p, err))
	close(release)
	p, err = c.Answer(t.Context(), slow)
	assert.Equal(t, "slow", decode[string](t, c, p, err))
}

func TestMiddleware(t *testing.T) {
	s := newSite(t, hawser.Options{})
	var mu sync.Mutex
	var seen []string
	trace := func(name string) hawser.Middleware {
		return func(next hawser.Handler) hawser.Handler {
			return func(c *hawser.Context) error {
				mu.Lock()
				seen = append(seen, fmt.Sprint(name, " ", c.Op(), " ", c.Channel(), c.Event()))
				mu.Unlock()
				return next(c)
			}
		}
	}
	gone := make(chan error, 1)
	nothing := func(*hawser.Context) error { return nil }
	s.OnConnect(nothing)
	s.OnDisconnect(func(c *hawser.Context) error { gone <- c.Cause(); return nil })
	lab := s.Channel("lab:{name}")
	lab.OnJoin(nothing)
	lab.OnLeave(nothing)
	lab.OnEvent("e", nothing)
	lab.OnCall("", func(c *hawser.Context) error { c.Reply(c.Param("name") + c.Event()); return nil })
	s.Use(trace("outer")) // also around what was registered before
	lab.Use(trace("inner"))

	c := s.connect()
	_, err := c.Join(t.Context(), "lab:1")
	require.NoError(t, err)
	require.NoError(t, c.Event("lab:1", "e", nil))
	p, err := c.Call(t.Context(), "lab:1", "any", nil)
	assert.Equal(t, "1any", decode[string](t, c, p, err), "an empty name is for all that have none")
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindEnd, Code: "bye", Message: "see you"}))
	cause := receive(t, gone)
	assert.ErrorIs(t, cause, hawser.ErrSessionEnded)
	var end *hawser.EndError
	require.ErrorAs(t, cause, &end)
	assert.Equal(t, hawser.EndError{Code: "bye", Message: "see you", ByClient: true}, *end)
	mu.Lock()
	defer mu.Unlock()
	assert.Equal(t, []string{
		"outer connect ",
		"outer join lab:1", "inner join lab:1",
		"outer event lab:1e", "inner event lab:1e",
		"outer call lab:1any", "inner call lab:1any",
		"outer leave lab:1", "inner leave lab:1",
		"outer disconnect ",
	}, seen)
}
