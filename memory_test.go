package hawser_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/transport"
)

// A memory is a transport without a connection: what a server costs with it is what sessions cost.
type memory struct {
	codec  string // of the wires; "" is json
	opened *wire
	runner transport.Runner // of the wires that are opened
}

func (*memory) Name() string { return "memory" }
func (*memory) Path() string { return "memory" }

func (m *memory) Serve(host transport.Host, _ http.ResponseWriter, r *http.Request) {
	m.opened = &wire{}
	m.opened.Wire = host.Open(r, transport.Opening{
		Transport: m.Name(), Codec: host.Codec(cmp.Or(m.codec, "json")), Sink: m.opened, Runner: m.runner,
	})
}

// A wire is its own sink, which waits to be asked.
type wire struct {
	transport.Wire
	woken chan struct{} // gets a token for wakes, if it is not nil
}

// Close is seen by whoever calls Next after it.
func (w *wire) Close() { w.Wake() }

func (w *wire) Wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// A deck is a server whose sessions have no connections.
type deck struct {
	*hawser.Server
	memory *memory
	frame  []byte
}

func newDeck(tb testing.TB, change ...func(*hawser.Options)) *deck {
	tb.Helper()
	m := &memory{}
	o := hawser.Options{
		Transports: []transport.Transport{m}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Heartbeat: time.Hour, // nobody answers
	}
	for _, change := range change {
		change(&o)
	}
	d := &deck{memory: m, frame: make([]byte, 0, 64<<10), Server: hawser.New(o)}
	d.Channel("room:{n}").OnJoin(allow)
	tb.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // nobody is there to wait for
		_ = d.Shutdown(ctx)
	})
	return d
}

// A browser's request, as net/http reads it: each has strings of its own.
func browserRequest(i int) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/realtime/memory?v=1&codec=json", nil)
	r.RemoteAddr = fmt.Sprintf("192.0.2.%d:%d", i%250, 1024+i%60000)
	for key, value := range map[string]string{
		"Accept-Encoding":          "gzip, deflate, br, zstd",
		"Accept-Language":          "en-GB,en;q=0.9,de;q=0.8",
		"Cache-Control":            "no-cache",
		"Connection":               "Upgrade",
		"Cookie":                   "session=c2Vzc2lvbiBjb29raWUgb2YgYSB1c2Vy%d; theme=dark",
		"Origin":                   "http://example.com",
		"Pragma":                   "no-cache",
		"Sec-Websocket-Extensions": "permessage-deflate; client_max_window_bits",
		"Sec-Websocket-Key":        "dGhlIHNhbXBsZSBub25jZQ==",
		"Sec-Websocket-Protocol":   "hawser.v1.json",
		"Sec-Websocket-Version":    "13",
		"Upgrade":                  "websocket",
		"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) " +
			"Chrome/140.0.0.0 Safari/537.36",
	} {
		r.Header[key] = []string{string([]byte(value))}
	}
	return r
}

// connect opens a session, and joins it to room:1.
func (d *deck) connect(i int) *wire {
	d.ServeHTTP(nil, browserRequest(i))
	w := d.memory.opened
	hello := fmt.Appendf(nil, `[0,{"v":1,"key":"%022d","wire":1,"claim":1,"recv":0}]`+"\n"+`[3,1]`+"\n"+`[37,1,"room:1"]`, i)
	if err := w.Receive(context.Background(), hello); err != nil {
		panic(err)
	}
	return w
}

// board connects n sessions, and waits until all have joined and have acknowledged it.
func (d *deck) board(n int) []*wire {
	wires := make([]*wire, n)
	for i := range wires {
		wires[i] = d.connect(i)
	}
	for d.Members("room:1") < n {
		runtime.Gosched()
	}
	for _, w := range wires {
		d.drain(w)
	}
	d.acknowledge(wires, 1)
	return wires
}

// drain takes all that waits for a wire, and returns how many frames that were.
func (d *deck) drain(w *wire) (frames int) {
	for ; ; frames++ {
		frame, err := w.Next(d.frame[:0])
		if err != nil {
			panic(err)
		}
		if len(frame) == 0 {
			return frames
		}
		if w.Dry() {
			return frames + 1
		}
	}
}

// acknowledge says for all of them that they have n packets.
func (d *deck) acknowledge(wires []*wire, n uint64) {
	ack := [][]byte{fmt.Appendf(nil, "[5,%d]", n)}
	for _, w := range wires {
		if err := w.Receive(context.Background(), ack...); err != nil {
			panic(err)
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what pools held goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// What a session that is connected, joined to one channel and idle keeps: the line, its wire, the request and its places in maps. A connection's
// own memory is a transport's affair.
func TestIdleSessionKeepsLittle(t *testing.T) {
	skipUnderRace(t)
	const sessions = 10_000
	d := newDeck(t)
	d.board(100) // what there is once for all
	runtime.KeepAlive(d)
	before := heap()
	d = newDeck(t)
	wires := d.board(sessions)
	each := float64(heap()-before) / sessions
	runtime.KeepAlive(wires)
	t.Logf("%.0f bytes a session", each)
	assert.Less(t, each, 2200.0)
	require.Equal(t, sessions, d.Members("room:1"))
}
