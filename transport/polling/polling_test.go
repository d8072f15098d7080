package polling_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/polling"
	"github.com/hawser-go/hawser/transport/transporttest"
	"github.com/hawser-go/hawser/transport/uplink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func transports() []transport.Transport {
	return []transport.Transport{polling.New(polling.Options{}), uplink.New()}
}

func TestContract(t *testing.T) {
	transporttest.Run(t, transporttest.Subject{
		New: transports,
		Dial: func(s *transporttest.Server, c codec.Codec, frame []byte) (transporttest.Peer, error) {
			p := &peer{server: s, codec: c, answers: make(chan answer, 1)}
			p.ctx, p.leave = context.WithCancel(context.Background())
			p.poll(frame)
			return p, nil
		},
	})
}

// A peer has one poll in flight, the answer to which it reads when it is asked for it.
type peer struct {
	server  *transporttest.Server
	codec   codec.Codec
	ctx     context.Context
	leave   context.CancelFunc
	answers chan answer
}

type answer struct {
	response *http.Response
	err      error
}

func (p *peer) poll(frame []byte) {
	go func() {
		response, err := p.server.Post(p.ctx, "poll", p.codec, frame)
		p.answers <- answer{response, err}
	}()
}

func (p *peer) Send(frame []byte) error { return p.server.Send(p.codec, frame) }

func (p *peer) Next() ([]byte, error) {
	a := <-p.answers
	if a.err != nil {
		p.answers <- a // nothing else comes
		return nil, a.err
	}
	frame, err := transporttest.ReadAnswer(a.response, p.codec)
	if err != nil {
		p.answers <- answer{err: err}
		return frame, err
	}
	p.poll(transporttest.Hello(p.codec))
	return frame, nil
}

// Leave cancels the poll in flight, if its answer is still awaited.
func (p *peer) Leave() {
	p.leave()
	select {
	case a := <-p.answers:
		if a.response != nil {
			_ = a.response.Body.Close()
		}
	default:
	}
}

// run runs a test in a bubble, with a server around the transport.
func run(t *testing.T, options func(*http.Server), test func(*testing.T, *transporttest.Host, *transporttest.Server)) {
	synctest.Test(t, func(t *testing.T) {
		host := transporttest.NewHost()
		server := transporttest.NewServer(host, options, transports()...)
		defer server.Close()
		test(t, host, server)
	})
}

// held polls, and returns for how long the answer was held.
func held(t *testing.T, s *transporttest.Server) time.Duration {
	t.Helper()
	began := time.Now()
	response, err := s.Post(t.Context(), "poll", codec.JSON(), transporttest.Hello(codec.JSON()))
	require.NoError(t, err)
	frame, err := transporttest.ReadAnswer(response, codec.JSON())
	require.NoError(t, err)
	assert.NotEmpty(t, frame)
	assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
	assert.Contains(t, response.Header.Get("Cache-Control"), "no-store")
	assert.Contains(t, response.Header.Get("Cache-Control"), "no-transform")
	assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
	assert.Equal(t, int64(len(frame)), response.ContentLength)
	return time.Since(began)
}

func TestPollIsHeld(t *testing.T) {
	t.Run("while nothing waits, for the host's longest", func(t *testing.T) {
		run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
			assert.Equal(t, host.MostHeld, held(t, s))
		})
	})
	t.Run("until something comes", func(t *testing.T) {
		run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
			time.AfterFunc(3*time.Second, func() { host.Down(transporttest.Event(codec.JSON(), nil)) })
			assert.Equal(t, 3*time.Second, held(t, s))
		})
	})
	t.Run("not while something waits", func(t *testing.T) {
		run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
			host.Down(transporttest.Event(codec.JSON(), nil))
			assert.Zero(t, held(t, s))
		})
	})
	t.Run("less than the request's context lasts", func(t *testing.T) {
		deadline := func(s *http.Server) {
			inner := s.Handler
			s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithTimeout(r.Context(), 8*time.Second)
				defer cancel()
				inner.ServeHTTP(w, r.WithContext(ctx))
			})
		}
		run(t, deadline, func(t *testing.T, _ *transporttest.Host, s *transporttest.Server) {
			d := held(t, s)
			assert.Less(t, d, 8*time.Second)
			assert.Greater(t, d, 7*time.Second)
		})
	})
	t.Run("less than a WriteTimeout that cannot be put off", func(t *testing.T) {
		hiding := func(s *http.Server) {
			inner := s.Handler
			s.WriteTimeout = 5 * time.Second
			s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
			})
		}
		run(t, hiding, func(t *testing.T, _ *transporttest.Host, s *transporttest.Server) {
			d := held(t, s)
			assert.Less(t, d, 5*time.Second)
			assert.Greater(t, d, 4*time.Second)
		})
	})
}

func TestFullInboxIsAnsweredOnceSomethingWaits(t *testing.T) {
	for name, test := range map[string]struct {
		wakeAfter time.Duration // 0: before it is waited for
		answered  time.Duration
	}{
		"before it is full":      {0, time.Second},
		"while it is full":       {3 * time.Second, 4 * time.Second},
		"not within the time":    {time.Hour, 25 * time.Second},
		"shortly before its end": {24*time.Second + time.Second/2, 25 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
				host.OnReceive = func(ctx context.Context, _ []byte) error {
					wake := func() {
						for _, sink := range host.Sinks() {
							sink.Wake()
						}
					}
					if test.wakeAfter == 0 {
						wake()
					} else {
						defer time.AfterFunc(test.wakeAfter, wake).Stop()
					}
					<-ctx.Done()
					return ctx.Err()
				}
				began := time.Now()
				response, err := s.Post(t.Context(), "poll", codec.JSON(), transporttest.Hello(codec.JSON()))
				require.NoError(t, err)
				_, err = transporttest.ReadAnswer(response, codec.JSON())
				var closed *transport.CloseError
				require.ErrorAs(t, err, &closed)
				assert.Equal(t, test.answered, time.Since(began))
			})
		})
	}
}
