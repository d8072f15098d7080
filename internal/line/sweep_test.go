package line_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/transport"
)

// keyed is a hello with the n-th key.
func keyed(n int) *codec.Packet {
	return hello(func(b *codec.Hello) { b.Key = fmt.Sprintf("%022d", n) })
}

// Whatever is due at different times, for lines that begin at different times, is done within half a second of it.
func TestEveryLineIsLookedAtInTime(t *testing.T) {
	const heartbeat, lines = 25 * time.Second, 100
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		wires := make([]*wire, lines)
		heard := make([]time.Time, lines)
		for i := range wires {
			wires[i] = h.socket()
			require.NoError(t, wires[i].up(keyed(i)))
			heard[i] = time.Now()
			wires[i].down()
			time.Sleep(137 * time.Millisecond)
		}
		pings := 0
		for range 300 * 4 { // five minutes: more than a turn of the wheel
			time.Sleep(250 * time.Millisecond)
			synctest.Wait()
			for i, w := range wires {
				silence := time.Since(heard[i])
				if len(w.down()) == 0 {
					assert.Less(t, silence, heartbeat+750*time.Millisecond, i)
					continue
				}
				assert.GreaterOrEqual(t, silence, heartbeat*3/4, i)
				require.NoError(t, w.up(pong()))
				heard[i] = time.Now()
				pings++
			}
		}
		assert.Greater(t, pings, 10*lines)
	})
}

func TestSweepAfterALongSleepFindsAllThatWasDue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.ResumeFor = 10 * time.Minute }) // more than four turns of the wheel
		for i := range 50 {
			w := h.socket()
			require.NoError(t, w.up(keyed(i)))
			w.Detach(transport.ErrPeerGone)
			time.Sleep(time.Second)
		}
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		assert.Equal(t, 50, h.registry.Len(), "the first has ten seconds left")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		assert.Zero(t, h.registry.Len())
	})
}

// A pulse is a sink that remembers who was woken.
type pulse struct {
	transport.Wire
	woken *[]*pulse
}

func (p *pulse) Wake()  { *p.woken = append(*p.woken, p) }
func (p *pulse) Close() {}

// What 100,000 sessions on which nothing happens cost in half a second, with the pings that are due, written and answered.
func BenchmarkIdleHalfSecond(b *testing.B) {
	const lines = 100_000
	h := newHarness(b)
	h.registry.StopSweeping()
	var woken []*pulse
	for i := range lines {
		p := &pulse{woken: &woken}
		p.Wire = h.registry.Open(httptest.NewRequest(http.MethodGet, "/", http.NoBody), transport.Opening{Codec: h.codec, Sink: p})
		if err := p.Receive(b.Context(), (&wire{h: h, codec: h.codec}).frame(keyed(i))); err != nil {
			b.Fatal(err)
		}
	}
	buf := make([]byte, 0, 1024)
	pings := 0
	answer := func() {
		for _, p := range woken {
			for more := true; more; {
				frame, _ := p.Next(buf)
				more = len(frame) > 0
			}
			_ = p.Receive(b.Context(), []byte("[7]"))
		}
		pings += len(woken)
		woken = woken[:0]
	}
	answer()
	pings = 0
	b.ReportAllocs()
	for b.Loop() {
		h.registry.PassHalfASecond()
		answer()
	}
	b.ReportMetric(float64(pings)/float64(b.N), "pings/op")
}
