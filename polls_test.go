package hawser_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/internal/netlab/memnet"
)

func pollFrame(i int, sid string, claim, wait int) string {
	hello := fmt.Sprintf(`[0,{"v":1,"key":"%022d","wire":1,"claim":%d,"recv":0,"wait":%d`, i, claim, wait)
	if sid == "" {
		return hello + "}]\n[3,1]\n" + `[37,1,"room:1"]`
	}
	return hello + `,"sid":"` + sid + `"}]` + "\n[5,1]"
}

func postRequest(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: example.com\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

var sidOf = regexp.MustCompile(`"sid":"([^"]+)"`)

// held measures how many bytes are alive for each connection in memory to a handler that answers a first request on each of them and holds the second, which
// is made from that answer.
func held(t *testing.T, begin func(*testing.T) http.Handler, first func(i int) string, second func(i int, answer []byte) string) (each float64) {
	t.Helper()
	const warm, n = 100, 2_000
	synctest.Test(t, func(t *testing.T) {
		var network memnet.Network
		server := &http.Server{Handler: begin(t)} //nolint:gosec // nobody is slow here
		go server.Serve(network.Listen("server"))
		defer server.Close()
		conns := make([]net.Conn, 0, warm+n)
		dial := func() {
			i := len(conns)
			conn, err := network.Dial(t.Context(), "tcp", "server")
			require.NoError(t, err)
			conns = append(conns, conn)
			_, err = io.WriteString(conn, first(i))
			require.NoError(t, err)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			answer, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			_, err = io.WriteString(conn, second(i, answer))
			require.NoError(t, err)
		}
		for range warm {
			dial()
		}
		synctest.Wait()
		before := heap()
		for range n {
			dial()
		}
		synctest.Wait()
		each = float64(heap()-before) / n
		for _, conn := range conns {
			require.NoError(t, conn.Close())
		}
		runtime.KeepAlive(server)
	})
	t.Logf("%.0f bytes each", each)
	return each
}

// What a poll that is held keeps, above a request that a handler of net/http holds: the session, joined to one channel, and its waiting.
func TestHeldPollKeepsLittle(t *testing.T) {
	skipUnderRace(t)
	bare := held(t, func(*testing.T) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if r.URL.Path == "/held" {
				<-r.Context().Done()
			}
		})
	}, func(i int) string { return postRequest("/first?v=1&codec=json", pollFrame(i, "", 1, 25_000)) },
		func(i int, _ []byte) string {
			return postRequest("/held?v=1&codec=json", pollFrame(i, "0123456789abcdef", 2, 25_000))
		})

	var d *deck
	poll := held(t, func(t *testing.T) http.Handler {
		d = newDeck(t, func(o *hawser.Options) { o.Transports = nil })
		return d
	}, func(i int) string { return postRequest("/realtime/poll?v=1&codec=json", pollFrame(i, "", 1, 25_000)) },
		func(i int, answer []byte) string {
			sid := sidOf.FindSubmatch(answer)
			require.NotNil(t, sid, "%s", answer)
			return postRequest("/realtime/poll?v=1&codec=json", pollFrame(i, string(sid[1]), 2, 25_000))
		})
	assert.Less(t, poll-bare, 2300.0, "1,750 to 2,020, by the run")
}

// A sheet is a response that is thrown away.
type sheet struct {
	header http.Header
	bytes.Buffer
}

func (s *sheet) Header() http.Header            { return s.header }
func (*sheet) WriteHeader(int)                  {}
func (*sheet) Flush()                           {}
func (*sheet) SetReadDeadline(time.Time) error  { return nil }
func (*sheet) SetWriteDeadline(time.Time) error { return nil }

// What a poll costs that has nothing to tell: what lives for its time only leaves room between what lives longer.
func TestPollAllocates(t *testing.T) {
	skipUnderRace(t)
	const many = 500
	d := newDeck(t, func(o *hawser.Options) { o.Transports = nil })
	out := &sheet{header: http.Header{}}
	r := &http.Request{
		Method: http.MethodPost, URL: &url.URL{Path: "/realtime/poll", RawQuery: "v=1&codec=json"}, Host: "example.com",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"text/plain"}},
	}
	r = r.WithContext(t.Context())
	body := bytes.NewReader(nil)
	r.Body = io.NopCloser(body)
	poll := func(frame []byte) {
		out.Reset()
		body.Reset(frame)
		d.ServeHTTP(out, r)
	}
	poll([]byte(pollFrame(1, "", 1, 25_000)))
	sid := sidOf.FindSubmatch(out.Bytes())
	require.NotNil(t, sid, "%s", out.Bytes())
	frames := make([][]byte, 0, many+1)
	for i := range cap(frames) {
		frames = append(frames, []byte(pollFrame(1, string(sid[1]), i+2, 0)))
	}
	n := 0
	allocs := testing.AllocsPerRun(many, func() {
		poll(frames[n])
		n++
	})
	t.Log(allocs)
	assert.Contains(t, out.String(), `"resumed":true`)
	assert.LessOrEqual(t, allocs, 16.0)
}
