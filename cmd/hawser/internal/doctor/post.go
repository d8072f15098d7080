package doctor

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// maxAnswer is the most bytes of an answer that are read.
const maxAnswer = 4 << 20

// A symptom is why something did not work: a finding in the making.
type symptom struct {
	name   string
	detail string
}

func (s *symptom) Error() string { return s.name + ": " + s.detail }

// post sends packets to a path, and returns those of the answer. The error is a *symptom, or a *closed.
func (e *examination) post(ctx context.Context, path string, packets ...*codec.Packet) ([]*codec.Packet, error) {
	ctx, cancel := context.WithTimeout(ctx, e.options.Patience)
	defer cancel()
	response, err := e.request(ctx, path, packets)
	if err != nil {
		return nil, diagnose(err)
	}
	defer response.Body.Close()
	body, err := decompressed(response)
	if err != nil {
		return nil, diagnose(err)
	}
	text, err := io.ReadAll(io.LimitReader(body, maxAnswer))
	if err != nil {
		return nil, diagnose(err)
	}
	if s := impostor(response, text, "text/plain"); s != nil {
		return nil, s
	}
	return split(text)
}

// request sends packets, and returns the response as it comes.
func (e *examination) request(ctx context.Context, path string, packets []*codec.Packet) (*http.Response, error) {
	body := bytes.NewReader(join(packets))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.mount+path+"?v=1&codec=json", body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	r.Header.Set("Accept-Encoding", "gzip") // as browsers do
	r.Header.Set("User-Agent", "hawser-doctor")
	if e.options.Origin != "" {
		r.Header.Set("Origin", e.options.Origin)
	}
	response, err := e.http.Do(r)
	if err == nil {
		e.chart.proxies(response.Header)
	}
	return response, err
}

// decompressed undoes what something on the way has done.
func decompressed(response *http.Response) (io.Reader, error) {
	if response.Header.Get("Content-Encoding") != "gzip" {
		return response.Body, nil
	}
	return gzip.NewReader(response.Body)
}

// impostor looks for signs that a response is not the server's. text is the beginning of its body.
func impostor(response *http.Response, text []byte, want string) *symptom {
	status := response.StatusCode
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	seen := fmt.Sprintf("%s with %s", response.Status, kind)
	stream := want == "text/event-stream"
	switch {
	case status >= 300 && status < 400:
		return &symptom{redirected, fmt.Sprintf("%s to %q", response.Status, response.Header.Get("Location"))}
	case kind == want && bytes.HasPrefix(text, []byte("[")): // a frame
		return nil
	case kind == want && stream && status == http.StatusOK:
		return nil
	case status == http.StatusForbidden && bytes.Contains(text, []byte("hawser: the origin")):
		return &symptom{originRefused, strings.TrimSpace(string(text))}
	case status >= 502 && status <= 504:
		return &symptom{badGateway, seen}
	case status == http.StatusOK && kind == "text/html":
		return &symptom{captivePortal, seen}
	default:
		return &symptom{notHawser, seen}
	}
}

// diagnose says what an error of the network means.
func diagnose(err error) *symptom {
	var s *symptom
	var dial *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &s):
		return s
	case errors.As(err, &dial) && dial.Op == "dial", isNoHost(err):
		return &symptom{unreachable, err.Error()}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return &symptom{silence, "no answer in time"}
	default:
		return &symptom{connectionCut, "the connection was " + howEnded(err)}
	}
}

func isNoHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns)
}

// howEnded says how a connection ended, in a word.
func howEnded(err error) string {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return "reset"
	}
	return "closed"
}

// proxies notes the headers by which intermediaries reveal themselves. The server sends none of them.
func (c *chart) proxies(h http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range revealing {
		if v := h.Get(name); v != "" {
			c.r.Proxies[name] = v
		}
	}
}

var revealing = []string{
	"Via", "Server", "Age", "Proxy-Agent",
	"X-Cache", "X-Cache-Hits", "X-Proxy-Cache", "X-Served-By", "X-Squid-Error", "X-Varnish",
	"Cf-Cache-Status", "Cf-Ray", "X-Akamai-Request-Id", "X-Amz-Cf-Id", "X-Amz-Cf-Pop", "X-Amzn-Trace-Id", "X-Azure-Ref",
	"X-Fastly-Request-Id", "Fly-Request-Id", "X-Envoy-Upstream-Service-Time", "X-Vercel-Id",
}

// pause waits, unless the examination ends before.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
