package hawser_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
	"github.com/hawser-go/hawser/transport"
)

func TestShutdown(t *testing.T) {
	s := newSite(t, hawser.Options{})
	seen := disconnects(t, s)
	began, finish := make(chan struct{}), make(chan struct{})
	s.OnEvent("work", func(*hawser.Context) error { close(began); <-finish; return nil })
	c, away := s.connect(), s.connect()
	away.Cut()
	require.NoError(t, c.Event("", "work", nil))
	receive(t, began)
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(context.Background()) }()
	assert.Equal(t, hawser.CodeGoingAway, receive(t, seen).cause.Code, "who is away")
	assert.Error(t, s.client().Connect(t.Context()), "it takes no new ones")
	require.NoError(t, s.session(c).Send("what the handler has to say still arrives", nil))
	select {
	case err := <-done:
		require.Fail(t, "it did not wait for the handler", err)
	default:
	}
	close(finish)
	p, err := c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, codec.KindEvent, p.Kind)
	p, err = c.Next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, codec.KindEnd, p.Kind)
	assert.Equal(t, "going_away", p.Code)
	assertSoon(t, p)
	require.NoError(t, receive(t, done), "it does not wait for those who are not there")
	assert.Equal(t, hawser.CodeGoingAway, receive(t, seen).cause.Code)
	assert.Empty(t, s.Sessions())

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.NoError(t, s.Shutdown(ctx), "again, with nothing to do")
}

func TestShutdownEndsWithItsContext(t *testing.T) {
	s := newSite(t, hawser.Options{})
	began, finish := make(chan struct{}), make(chan struct{})
	defer close(finish)
	s.OnEvent("work", func(*hawser.Context) error { close(began); <-finish; return nil })
	c := s.connect()
	require.NoError(t, c.Event("", "work", nil))
	receive(t, began)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, s.Shutdown(ctx), context.Canceled)
}

// The order that the docs recommend, with everything open that there can be: streams, held polls, WebSockets, calls that are answered late.
func TestShutdownThenThatOfTheHTTPServer(t *testing.T) {
	began, finish := make(chan struct{}, 16), make(chan struct{})
	rt := hawser.New(hawser.Options{})
	hawser.HandleCall(rt, "work", func(*hawser.Context, any) (string, error) {
		began <- struct{}{}
		<-finish
		return "done", nil
	})
	hawser.HandleCall(rt, "beside", func(*hawser.Context, any) (string, error) {
		began <- struct{}{}
		<-finish
		return "done beside", nil
	}, hawser.Concurrent())
	mux := http.NewServeMux()
	mux.Handle("/realtime/", rt)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	calls := 0
	var idle, busy []*wiretest.Client
	for _, transport := range []string{"websocket", "sse", "poll"} {
		for _, of := range []*[]*wiretest.Client{&idle, &busy} {
			c := &wiretest.Client{
				URL: "http://" + listener.Addr().String() + "/realtime/", HTTP: &http.Client{Transport: &http.Transport{}}, Transport: transport,
			}
			t.Cleanup(func() { c.Cut(); c.HTTP.CloseIdleConnections() })
			require.NoError(t, c.Connect(t.Context()))
			*of = append(*of, c)
		}
	}
	for _, c := range busy {
		for _, name := range []string{"beside", "work"} {
			calls++
			require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindCall, ID: c.ID(), Event: name}))
			receive(t, began)
		}
	}

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	down := make(chan error, 2)
	go func() {
		down <- rt.Shutdown(ctx)
		down <- server.Shutdown(ctx)
	}()
	for _, c := range idle {
		p, err := c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "going_away", p.Code, c.Transport)
		assertSoon(t, p)
	}
	close(finish)
	for _, c := range busy {
		for range 2 {
			p, err := c.Await(t.Context(), func(p *codec.Packet) bool { return p.Kind != codec.KindEnd })
			require.NoError(t, err, c.Transport)
			assert.Equal(t, codec.KindReply, p.Kind, "a call that was accepted is answered before the end")
		}
		p, err := c.Next(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "going_away", p.Code)
		assertSoon(t, p)
		assert.EqualValues(t, 2, p.Recv, "how much was accepted, which nobody can be asked any more")
	}
	require.NoError(t, receive(t, down), "everybody has acknowledged")
	require.NoError(t, receive(t, down), "and nothing is left to wait for")
	require.NoError(t, ctx.Err(), "within the drain time")
	assert.ErrorIs(t, <-served, http.ErrServerClosed)
}

// assertSoon checks that an end sends its client elsewhere within a second: those who are to come at other times end at other times.
func assertSoon(t *testing.T, end *codec.Packet) {
	t.Helper()
	assert.NotZero(t, end.Millis, "without a time it would not come back")
	assert.LessOrEqual(t, end.Millis, uint64(1000))
}

// ends notes when sessions end.
func ends(sessions []hawser.Session) (after func() []time.Duration) {
	began := time.Now()
	var mu sync.Mutex
	var at []time.Duration
	for _, s := range sessions {
		context.AfterFunc(s.Context(), func() {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(began))
		})
	}
	return func() []time.Duration {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		return slices.Sorted(slices.Values(at))
	}
}

func TestShutdownEndsSessionsOneAfterAnother(t *testing.T) {
	for name, c := range map[string]struct{ drain, spread time.Duration }{
		"with time":                 {time.Minute, 2 * time.Second},
		"with little time: half":    {3 * time.Second, 1500 * time.Millisecond},
		"without an end: at a rate": {0, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 2000
				d := newDeck(t)
				wires := d.board(n)
				after := ends(d.Sessions())
				ctx, cancel := context.WithCancel(t.Context())
				if c.drain > 0 {
					ctx, cancel = context.WithTimeout(ctx, c.drain)
				}
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- d.Shutdown(ctx) }()
				time.Sleep(c.spread + time.Second/2)
				at := after()
				require.Len(t, at, n)
				for quarter := range 4 {
					in := 0
					for _, when := range at {
						if when*4/c.spread == time.Duration(quarter) {
							in++
						}
					}
					assert.InDelta(t, n/4, in, n/100, "evenly, in quarter %d", quarter)
				}
				for _, w := range wires {
					_, err := w.Next(nil)
					require.NoError(t, err)
				}
				d.acknowledge(wires, 2)
				for _, w := range wires {
					w.Detach(nil)
				}
				require.NoError(t, <-done)
			})
		})
	}
}

func TestShutdownEndsThoseWhoseHandlersDoNotReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeck(t)
		d.OnEvent("wait", func(c *hawser.Context) error { <-c.Done(); return nil })
		wires := d.board(1)
		require.NoError(t, wires[0].Receive(t.Context(), []byte(`[32,"","wait"]`)))
		synctest.Wait()
		after := ends(d.Sessions())
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		require.ErrorIs(t, d.Shutdown(ctx), context.DeadlineExceeded, "nobody has acknowledged the end")
		assert.Equal(t, []time.Duration{15 * time.Second}, after(), "after three quarters")
		require.NoError(t, ctx.Err(), "there is time left for the HTTP server")
	})
}

func TestShutdownClosesTheConnectionsThatAreLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeck(t)
		w := d.board(1)[0]
		w.woken = make(chan struct{}, 1)
		began := time.Now()
		var closed time.Duration
		var reading sync.WaitGroup
		reading.Go(func() { // and never acknowledges
			for range w.woken {
				if _, err := w.Next(nil); err != nil {
					closed = time.Since(began)
					w.Detach(nil)
					return
				}
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // it would be found dead after 12
		defer cancel()
		require.ErrorIs(t, d.Shutdown(ctx), context.DeadlineExceeded)
		reading.Wait()
		assert.Equal(t, 9*time.Second, closed)
		assert.Less(t, time.Since(began), 9500*time.Millisecond, "and then it waits for nobody")
	})
}

func TestShutdownIsNotHeldUpByThoseWhoKeepAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeck(t)
		d.OnEvent("e", func(*hawser.Context) error { time.Sleep(time.Second); return nil })
		w := d.board(1)[0]
		ask := func() { require.NoError(t, w.Receive(t.Context(), []byte(`[32,"","e"]`+"\n"+`[32,"","e"]`))) }
		ask()
		after := ends(d.Sessions())
		done := make(chan error, 1)
		go func() { done <- d.Shutdown(t.Context()) }()
		for range 5 {
			time.Sleep(time.Second / 2)
			ask()
		}
		assert.Equal(t, []time.Duration{2 * time.Second}, after(), "what had been accepted counts, not what came later")
		_, err := w.Next(nil)
		require.NoError(t, err)
		d.acknowledge([]*wire{w}, 2)
		w.Detach(nil)
		require.NoError(t, <-done)
	})
}

// A lateGuest is a context during whose first question something happens.
type lateGuest struct {
	context.Context
	comes func()
}

func (l *lateGuest) Deadline() (time.Time, bool) {
	if comes := l.comes; comes != nil {
		l.comes = nil
		comes()
	}
	return l.Context.Deadline()
}

func TestShutdownEndsASessionThatBeginsBesideIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeck(t)
		comes := func() { d.connect(1).Detach(transport.ErrPeerGone) }
		began := time.Now()
		require.NoError(t, d.Shutdown(&lateGuest{t.Context(), comes}))
		assert.Less(t, time.Since(began), time.Second, "it does not wait until that one expires")
		assert.Empty(t, d.Sessions())
	})
}
