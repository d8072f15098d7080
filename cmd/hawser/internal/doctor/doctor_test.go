package doctor_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/cmd/hawser/internal/doctor"
	"github.com/hawser-go/hawser/internal/netlab"
	"github.com/hawser-go/hawser/internal/netlab/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A patient is a server behind the network laboratory, in memory.
type patient struct {
	net    memnet.Network
	lab    *netlab.Lab
	server *hawser.Server
}

// within examines a server behind the laboratory in a synctest bubble: time is its own, and costs none.
func within(t *testing.T, o hawser.Options, test func(t *testing.T, p *patient), faults ...netlab.Fault) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o.Logger = slog.New(slog.DiscardHandler)
		p := &patient{server: hawser.New(o)}
		mux := http.NewServeMux()
		mux.Handle("/realtime/", p.server)
		server := &http.Server{Handler: mux}
		listener := p.net.Listen("target:80")
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = server.Serve(listener)
		}()
		p.lab = netlab.New(netlab.Options{Target: "target:80", Dial: p.net.Dial, Seed: 1, Faults: faults})
		p.lab.Serve(p.net.Listen("lab:80"))
		test(t, p)
		p.lab.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = p.server.Shutdown(ctx) // some sessions hang in the faults
		assert.NoError(t, server.Close())
		<-served
		time.Sleep(time.Minute) // of the bubble's: the server's last timers
	})
}

func (p *patient) examine(t *testing.T, change ...func(*doctor.Options)) *doctor.Report {
	t.Helper()
	o := doctor.Options{URL: "http://lab:80/realtime", Dial: p.net.Dial}
	for _, change := range change {
		change(&o)
	}
	began := time.Now()
	report, err := doctor.Examine(t.Context(), o)
	require.NoError(t, err)
	assert.LessOrEqual(t, time.Since(began), 15*time.Second)
	return report
}

func names(r *doctor.Report) (all []string) {
	for _, f := range r.Findings {
		name := f.Name
		if f.Transport != "" {
			name += " " + f.Transport
		}
		all = append(all, name)
	}
	return all
}

func works(r *doctor.Report) string {
	var all []string
	for _, t := range r.Transports {
		if t.Works {
			all = append(all, t.Name)
		}
	}
	return strings.Join(all, " ")
}

func TestHealthy(t *testing.T) {
	within(t, hawser.Options{}, func(t *testing.T, p *patient) {
		r := p.examine(t)
		assert.Empty(t, r.Findings)
		assert.Equal(t, doctor.Healthy, r.Verdict)
		assert.Zero(t, r.ExitCode())
		assert.Equal(t, "websocket sse polling", works(r))
		synctest.Wait()
		assert.Empty(t, p.server.Sessions(), "it leaves none behind")
	})
}

// TestFindsEveryFault shows that each of the laboratory's faults is found by its name, and nothing else.
func TestFindsEveryFault(t *testing.T) {
	const all, noWebSocket, noStream, none = "websocket sse polling", "sse polling", "websocket polling", ""
	const onlyPolling, onlyWebSocket = "polling", "websocket"
	cases := []struct {
		faults string
		works  string
		found  []string
		detail string // of the first
	}{
		{"latency:up=100ms:down=100ms", all, []string{"latency"}, "a request takes 200ms"},
		{"latency:jitter=400ms", all, []string{"latency"}, ""},
		{"latency:connect=300ms", all, []string{"latency"}, "over a new connection, took 300ms"},
		{"slow-link", all, []string{"slow-link"}, "KB/s up"},
		{"slow-link:up=4000", all, []string{"slow-link"}, ""},
		{"silence", none, []string{"silence polling", "silence sse", "silence websocket"}, ""},
		{"silence:direction=down", none, []string{"silence polling", "silence sse", "silence websocket"}, ""},
		{"upgrade-refused:status=400", noWebSocket, []string{"upgrade-refused websocket"}, "400 Bad Request"},
		{"upgrade-refused:status=403", noWebSocket, []string{"upgrade-refused websocket"}, "403 Forbidden"},
		{"upgrade-refused:status=426", noWebSocket, []string{"upgrade-refused websocket"}, "426 Upgrade Required"},
		{"upgrade-swallowed", noWebSocket, []string{"upgrade-swallowed websocket"}, ""},
		{"frames-dropped", noWebSocket, []string{"frames-dropped websocket"}, "(up, and perhaps down)"},
		{"frames-dropped:direction=up", noWebSocket, []string{"frames-dropped websocket"}, "(up, and perhaps down)"},
		{"frames-dropped:direction=down", noWebSocket, []string{"frames-dropped websocket"}, "(down)"},
		{"stalled", noWebSocket, []string{"stalled websocket"}, "(both)"},
		{"stalled:after=3", noWebSocket, []string{"stalled websocket"}, "(both)"},
		{"stalled:direction=up", noWebSocket, []string{"stalled websocket"}, "(up)"},
		{"stalled:direction=down", noWebSocket, []string{"stalled websocket"}, "(down)"},
		{"responses-buffered", noStream, []string{"responses-buffered sse"}, "nothing came"},
		{"responses-buffered:bytes=8000", noStream, []string{"responses-buffered sse"}, "kept until there are some"},
		{"responses-buffered:for=1s", all, []string{"responses-buffered sse"}, "1s later"},
		{"answers-lost:path=send", onlyWebSocket, []string{"answers-lost polling", "answers-lost sse"}, "the server handled a request"},
		{"answers-lost", onlyWebSocket, []string{"answers-lost polling", "answers-lost sse"}, "the server handled a request"},
		{"post-replayed", all, []string{"post-replayed"}, ""},
		{"post-replayed:path=send", all, []string{"post-replayed"}, ""},
		{"answers-duplicated", onlyWebSocket, []string{"answers-duplicated polling", "answers-duplicated sse"}, "got the answer to another"},
		{"connection-cut:bytes=16000:by=rst", onlyPolling, []string{"connection-cut polling", "connection-cut sse", "connection-cut websocket"}, ""},
		{"connection-cut", onlyPolling, []string{"connection-cut polling", "connection-cut sse", "connection-cut websocket"}, ""},
		{"connection-cut:after=2s:only=websockets", noWebSocket, []string{"connection-cut websocket"}, "2s"},
		{"connection-cut:after=1s:only=streams", noStream, []string{"connection-cut sse"}, "1s"},
		{"connection-cut:bytes=3000:only=streams", noStream, []string{"connection-cut sse"}, ""},
		{"half-open:only=websockets:after=2s", noWebSocket, []string{"half-open websocket"}, "the server still believes it open"},
		{"half-open:only=streams:after=2s", noStream, []string{"half-open sse"}, "the server still believes it open"},
		{"half-open:only=websockets:after=2s:side=target", noWebSocket, []string{"half-open websocket"}, "this side was not told"},
		{"idle-timeout:only=websockets:after=1s", noWebSocket, []string{"idle-timeout websocket"}, "1s"},
		{"idle-timeout:only=streams:after=1s:by=rst", noStream, []string{"idle-timeout sse"}, "1s"}, // before a ping, after 2 s
		{"bad-gateway", none, []string{"bad-gateway polling", "bad-gateway sse", "bad-gateway websocket"}, "502"},
		{"captive-portal", none, []string{"captive-portal polling", "captive-portal sse", "captive-portal websocket"}, "200"},
		{"redirected:to=/login", none, []string{"redirected polling", "redirected sse", "redirected websocket"}, `to "/login"`},
		{"stream-truncated", noStream, []string{"stream-truncated sse"}, "512 bytes"},
		{"stream-gzipped", noStream, []string{"responses-buffered sse", "stream-gzipped sse"}, ""},
		{"upgrade-swallowed,responses-buffered", onlyPolling, []string{"responses-buffered sse", "upgrade-swallowed websocket"}, ""},
	}
	tried := map[string]bool{}
	for _, c := range cases {
		t.Run(c.faults, func(t *testing.T) {
			faults, err := netlab.Parse(c.faults)
			require.NoError(t, err)
			for _, f := range faults {
				tried[f.Name()] = true
			}
			within(t, hawser.Options{}, func(t *testing.T, p *patient) {
				r := p.examine(t)
				for _, f := range r.Findings {
					t.Log(f.Name, f.Transport, f.Detail)
				}
				assert.ElementsMatch(t, c.found, names(r))
				assert.Equal(t, c.works, works(r))
				if c.detail != "" && len(r.Findings) > 0 {
					assert.Contains(t, r.Findings[0].Detail, c.detail)
				}
				for _, f := range r.Findings {
					assert.NotEmpty(t, f.Advice, f.Name)
				}
				for _, f := range faults {
					assert.NotZero(t, p.lab.Count(f.Name()), "%s took place", f.Name())
				}
			}, faults...)
		})
	}
	for _, name := range netlab.Names() {
		assert.True(t, tried[name], "no case for %s", name)
	}
}

func TestWhatTheServerSays(t *testing.T) {
	t.Run("a token that is refused", func(t *testing.T) {
		o := hawser.Options{Authenticate: func(_ *http.Request, token string) (hawser.User, error) {
			if token != "good" {
				return hawser.User{}, hawser.Errorf(hawser.CodeUnauthorized, "who are you")
			}
			return hawser.User{ID: "u"}, nil
		}}
		within(t, o, func(t *testing.T, p *patient) {
			r := p.examine(t)
			assert.Equal(t, 2, r.ExitCode())
			assert.Equal(t, []string{"refused polling", "refused sse", "refused websocket"}, names(r))
			assert.Equal(t, "close unauthorized: who are you", r.Findings[0].Detail)
			r = p.examine(t, func(o *doctor.Options) { o.Token = "good" })
			assert.Zero(t, r.ExitCode())
		})
	})
	t.Run("an origin that is not allowed", func(t *testing.T) {
		within(t, hawser.Options{}, func(t *testing.T, p *patient) {
			r := p.examine(t, func(o *doctor.Options) { o.Origin = "https://elsewhere.test" })
			assert.Equal(t, []string{"origin-refused polling", "origin-refused sse", "origin-refused websocket"}, names(r))
			assert.Contains(t, r.Findings[0].Detail, `Origins: []string{"https://elsewhere.test"}`)
		})
	})
	t.Run("another path", func(t *testing.T) {
		within(t, hawser.Options{}, func(t *testing.T, p *patient) {
			r := p.examine(t, func(o *doctor.Options) { o.URL = "http://lab:80/elsewhere/" })
			assert.Equal(t, []string{"not-hawser polling", "not-hawser sse", "not-hawser websocket"}, names(r))
			assert.Contains(t, r.Findings[0].Detail, "404")
		})
	})
	t.Run("too little time", func(t *testing.T) {
		within(t, hawser.Options{}, func(t *testing.T, p *patient) {
			r := p.examine(t, func(o *doctor.Options) { o.Limit = time.Second })
			assert.Equal(t, []string{"unfinished sse", "unfinished websocket"}, names(r))
			assert.Equal(t, doctor.Impaired, r.Verdict)
		})
	})
	t.Run("nobody there", func(t *testing.T) {
		within(t, hawser.Options{}, func(t *testing.T, p *patient) {
			r := p.examine(t, func(o *doctor.Options) { o.URL = "http://nobody:80/realtime" })
			assert.Equal(t, []string{"unreachable polling", "unreachable sse", "unreachable websocket"}, names(r))
			assert.Equal(t, doctor.Down, r.Verdict)
		})
	})
}

func TestURLs(t *testing.T) {
	for _, url := range []string{"", "realtime", "ftp://x/realtime", "http:///realtime", "http://x/?token=1", "http://x/%zz"} {
		_, err := doctor.Examine(t.Context(), doctor.Options{URL: url})
		assert.ErrorIs(t, err, doctor.ErrURL, url)
	}
}

func TestCanceled(t *testing.T) {
	within(t, hawser.Options{}, func(t *testing.T, p *patient) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := doctor.Examine(ctx, doctor.Options{URL: "http://lab:80/realtime", Dial: p.net.Dial})
		assert.NoError(t, err)
		assert.Less(t, time.Since(began), 2*time.Second)
	})
}

func TestProxiesReveal(t *testing.T) {
	within(t, hawser.Options{}, func(t *testing.T, p *patient) {
		assert.Equal(t, map[string]string{"Server": "netlab"}, p.examine(t).Proxies)
	}, netlab.BadGateway{})
}

func TestPrint(t *testing.T) {
	r := &doctor.Report{
		URL: "http://x/realtime", Verdict: doctor.Impaired, Proxies: map[string]string{"Via": "1.1 \x1b[31mx"},
		Transports: []doctor.Transport{{Name: "websocket"}, {Name: "sse", Works: true, Welcome: 12.5}},
		Findings:   []doctor.Finding{{Name: "upgrade-refused", Transport: "websocket", Detail: "403", Advice: "Let it pass."}},
		RoundTrip:  doctor.RoundTrip{First: 3, Median: 2, Max: 4}, Took: 4000,
	}
	var plain, coloured strings.Builder
	require.NoError(t, r.Print(&plain, false))
	require.NoError(t, r.Print(&coloured, true))
	for _, want := range []string{
		"✗ websocket  does not work", "✓ sse        welcome after 13ms", "Via: 1.1 ·[31mx", "upgrade-refused (websocket): 403", "Let it pass.", "Impaired.",
	} {
		assert.Contains(t, plain.String(), want)
	}
	assert.NotContains(t, plain.String(), "\x1b")
	assert.Contains(t, coloured.String(), "\x1b[31m✗\x1b[0m websocket")
}

func TestPrintSaysOnceWhatIsSoForSeveral(t *testing.T) {
	finding := func(transport, detail string) doctor.Finding {
		return doctor.Finding{Name: "not-hawser", Transport: transport, Detail: detail, Advice: "See where it is mounted."}
	}
	r := &doctor.Report{
		Verdict:    doctor.Down,
		Transports: []doctor.Transport{{Name: "websocket"}, {Name: "sse"}, {Name: "polling"}},
		Findings:   []doctor.Finding{finding("polling", "404"), finding("sse", "405"), finding("websocket", "404")},
	}
	var out strings.Builder
	require.NoError(t, r.Print(&out, false))
	assert.Contains(t, out.String(), "does not work\n\nnot-hawser (websocket, polling): 404\n  See where it is mounted.\n\nnot-hawser (sse): 405\n")
	assert.Equal(t, 2, strings.Count(out.String(), "See where"))
}
