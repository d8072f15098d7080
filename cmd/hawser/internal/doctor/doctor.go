// Package doctor examines the way to a Hawser server: which transports work, and what stands in the way of the others.
//
// It is a client that speaks docs/protocol.md in JSON and nothing more than it needs. What it sends is harmless: calls that no application handles, and their
// withdrawal. Each transport is examined in a session of its own, which the doctor ends.
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options say what is examined, and how patiently.
type Options struct {
	// URL is where the server is mounted: "https://example.com/realtime".
	URL string
	// Token is shown in every hello; "" shows none.
	Token string
	// Origin is the Origin of all requests; "" sends none.
	Origin string

	// Patience is how long one answer may take. Default 2 s.
	Patience time.Duration
	// Watch is how long a connection is watched that says nothing. What a network does to connections later than that is not found. Default 3 s.
	Watch time.Duration
	// Limit ends the examination, whatever it is at. Default: 9 s and what Watch is: 12 s.
	Limit time.Duration

	// SlowTrip is the round trip, and the spread of round trips, from which on latency is a finding. Default 150 ms.
	SlowTrip time.Duration
	// SlowRate is the rate in bytes a second below which a link is slow. Default 100 KB/s.
	SlowRate int

	// Proxy says by which HTTP proxy a request goes, as in http.Transport. Default: by none.
	Proxy func(*http.Request) (*url.URL, error)
	// Dial opens connections. Default: TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

func (o Options) withDefaults() Options {
	o.Patience = cmp.Or(o.Patience, 2*time.Second)
	o.Watch = cmp.Or(o.Watch, 3*time.Second)
	o.Limit = cmp.Or(o.Limit, 9*time.Second+o.Watch)
	o.SlowTrip = cmp.Or(o.SlowTrip, 150*time.Millisecond)
	o.SlowRate = cmp.Or(o.SlowRate, 100_000)
	if o.Dial == nil {
		o.Dial = new(net.Dialer).DialContext
	}
	return o
}

// ErrURL is wrapped by the error for a URL that cannot be one of a server.
var ErrURL = errors.New("a server's URL is like http://127.0.0.1:8090/realtime, with the path of its mount and no query")

// An examination is one run.
type examination struct {
	options Options
	mount   string // ends with a slash
	http    *http.Client
	chart   *chart
	pings   atomic.Uint64 // each has its number
}

// Examine looks at the way to a server. The error is an ErrURL: everything else is in the report.
func Examine(ctx context.Context, o Options) (*Report, error) {
	o = o.withDefaults()
	mount, err := url.Parse(o.URL)
	if err != nil || mount.Host == "" || mount.Scheme != "http" && mount.Scheme != "https" || mount.RawQuery != "" {
		return nil, fmt.Errorf("%w, not %q", ErrURL, o.URL)
	}
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	pool := &http.Transport{
		DialContext: o.Dial, DisableCompression: true, Proxy: o.Proxy, TLSHandshakeTimeout: o.Patience,
		ForceAttemptHTTP2: true, // as browsers do
	}
	defer pool.CloseIdleConnections()
	e := &examination{
		options: o,
		mount:   strings.TrimSuffix(mount.String(), "/") + "/",
		http: &http.Client{
			Transport:     pool,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		chart: newChart(o.URL),
	}
	began := time.Now()
	e.polling(ctx)
	var lines sync.WaitGroup
	lines.Go(func() { e.webSocket(ctx) })
	lines.Go(func() { e.stream(ctx) })
	lines.Wait()
	return e.chart.report(time.Since(began)), nil
}
