package hawser_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// The race detector makes the runtime allocate, and pools forget on purpose.
func skipUnderRace(t *testing.T) {
	if raceEnabled {
		t.Skip("allocations count only without the race detector")
	}
}

// A publication costs the same however many receive it: nothing is allocated for a delivery, from Publish to the frame.
func TestDeliveryAllocatesNothing(t *testing.T) {
	skipUnderRace(t)
	t.Run("reliable", func(t *testing.T) { deliveryAllocatesNothing(t, hawser.Reliable(), true) })
	t.Run("latest", func(t *testing.T) {
		deliveryAllocatesNothing(t, hawser.LatestBy(func(string, any) string { return "key" }), true)
	})
	t.Run("volatile", func(t *testing.T) { deliveryAllocatesNothing(t, hawser.Volatile(), false) })
}

func deliveryAllocatesNothing(t *testing.T, policy hawser.DeliveryOption, numbered bool) {
	t.Helper()
	data := []byte("what is said")
	perPublication := func(members int) float64 {
		d := newDeck(t)
		d.Channel("room:{n}").Deliver(policy)
		wires := d.board(members)
		n := uint64(1)
		delivered := 0
		each := testing.AllocsPerRun(200, func() {
			n++
			_, err := d.Publish(t.Context(), "room:1", "said", data)
			require.NoError(t, err)
			for _, w := range wires {
				delivered += d.drain(w)
			}
			if numbered && n%10 == 0 {
				d.acknowledge(wires, n)
			}
		})
		assert.Equal(t, 201*members, delivered)
		return each
	}
	one, many := perPublication(1), perPublication(101)
	t.Logf("a publication to one member: %v; to 101: %v", one, many)
	assert.LessOrEqual(t, many, one)
}

// What an event that comes up costs, to the handler and back to rest: the Context and, maybe, a goroutine. Names that came before are not made again.
func TestInboundEventAllocates(t *testing.T) {
	skipUnderRace(t)
	for name, test := range map[string]struct {
		packet codec.Packet
		allocs float64
	}{
		"event":              {codec.Packet{Kind: codec.KindEvent, Event: "say"}, 2},
		"event of a channel": {codec.Packet{Kind: codec.KindEvent, Channel: "room:1", Event: "say"}, 2},
		"volatile event":     {codec.Packet{Kind: codec.KindVolatile, Event: "say"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDeck(t)
			handled := make(chan struct{}, 1)
			h := func(*hawser.Context) error { handled <- struct{}{}; return nil }
			d.OnEvent("say", h)
			d.Channel("room:{n}").OnEvent("say", h)
			w := d.board(1)[0]
			test.packet.Data = codec.Payload{Raw: []byte(`{"text":"hi"}`)}
			frame, err := codec.JSON().AppendPacket(nil, &test.packet)
			require.NoError(t, err)
			frames := [][]byte{frame}
			allocs := testing.AllocsPerRun(1000, func() {
				require.NoError(t, w.Receive(context.Background(), frames...))
				<-handled
			})
			t.Log(allocs)
			assert.LessOrEqual(t, allocs, test.allocs)
		})
	}
}

// What a call costs, from its frame to its acknowledged answer: the Context. The handler here makes one more, of what it answers.
func TestCallAllocates(t *testing.T) {
	skipUnderRace(t)
	d := newDeck(t)
	d.OnCall("echo", echo)
	w, runner := d.boardRunning()
	data := codec.Payload{Raw: []byte(`{"text":"hi"}`)}
	const many = 1000
	var calls, acks [][]byte
	for id := uint64(2); id < many+10; id++ {
		call, err := codec.JSON().AppendPacket(nil, &codec.Packet{Kind: codec.KindCall, ID: id, Event: "echo", Data: data})
		require.NoError(t, err)
		calls = append(calls, call)
		acks = append(acks, fmt.Appendf(nil, "[5,%d]", id))
	}
	n := 0
	allocs := testing.AllocsPerRun(many, func() {
		require.NoError(t, w.Receive(context.Background(), calls[n:n+1]...))
		runner.run()
		d.drain(w)
		require.NoError(t, w.Receive(context.Background(), acks[n:n+1]...))
		n++
	})
	t.Log(allocs)
	assert.LessOrEqual(t, allocs, 2.0)
}

func echo(c *hawser.Context) error {
	c.Reply(c.Payload())
	return nil
}

func BenchmarkPublish(b *testing.B) {
	for _, members := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			d := newDeck(b)
			wires := d.board(members)
			data := make([]byte, 128)
			n := uint64(1)
			b.ReportAllocs()
			for b.Loop() {
				n++
				_, _ = d.Publish(b.Context(), "room:1", "said", data)
				if n%1000 == 0 {
					b.StopTimer()
					for _, w := range wires {
						d.drain(w)
					}
					d.acknowledge(wires, n)
					b.StartTimer()
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(members), "ns/delivery")
		})
	}
}

// The whole way of a delivery but the system call: published, taken as a frame by its wire, and now and then acknowledged.
func BenchmarkDelivery(b *testing.B) {
	for _, members := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("members=%d", members), func(b *testing.B) {
			d := newDeck(b)
			wires := d.board(members)
			data := make([]byte, 128)
			n := uint64(1)
			b.ReportAllocs()
			for b.Loop() {
				n++
				_, _ = d.Publish(b.Context(), "room:1", "said", data)
				for _, w := range wires {
					d.drain(w)
				}
				if n%64 == 0 {
					d.acknowledge(wires, n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(members), "ns/delivery")
		})
	}
}

func BenchmarkEvent(b *testing.B) {
	d := newDeck(b)
	d.OnEvent("say", allow)
	w := d.board(1)[0]
	frame, _ := codec.JSON().AppendPacket(nil, &codec.Packet{
		Kind: codec.KindEvent, Event: "say", Data: codec.Payload{Raw: []byte(`{"text":"hi"}`)},
	})
	frames := [][]byte{frame}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Receive(context.Background(), frames...); err != nil {
			b.Fatal(err)
		}
	}
}

// A later runs tasks when it is told to.
type later struct{ tasks []transport.Task }

func (l *later) Run(t transport.Task) { l.tasks = append(l.tasks, t) }
func (*later) Wait()                  {}

func (l *later) run() {
	for _, t := range l.tasks {
		t.Run()
	}
	l.tasks = l.tasks[:0]
}

// boardRunning is board for one whose handlers run when they are told to.
func (d *deck) boardRunning() (*wire, *later) {
	runner := &later{}
	d.memory.runner = runner
	w := d.connect(0)
	for d.Members("room:1") < 1 {
		runner.run()
		runtime.Gosched()
	}
	d.drain(w)
	d.acknowledge([]*wire{w}, 1)
	return w, runner
}

// Calls that come together, from their frames to the frame of their answers, without a network.
func BenchmarkCall(b *testing.B) {
	for _, depth := range []int{1, 16} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			d := newDeck(b)
			d.OnCall("echo", echo)
			w, runner := d.boardRunning()
			data := codec.Payload{Raw: []byte(`{"seq":1000000001,"pad":"` + strings.Repeat("x", 128) + `"}`)}
			id, p := uint64(1), codec.Packet{}
			calls := make([][]byte, depth)
			b.ReportAllocs()
			for b.Loop() {
				piece := make([]byte, 0, depth*192) // the wire keeps it
				for i := range calls {
					id++
					p = codec.Packet{Kind: codec.KindCall, ID: id, Event: "echo", Data: data}
					start := len(piece)
					piece, _ = codec.JSON().AppendPacket(piece, &p)
					calls[i] = piece[start:len(piece):len(piece)]
				}
				if err := w.Receive(context.Background(), calls...); err != nil {
					b.Fatal(err)
				}
				runner.run()
				d.drain(w)
				if id%64 < uint64(depth) {
					d.acknowledge([]*wire{w}, id)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*depth), "ns/call")
		})
	}
}

// A client that connects with a browser's headers and joins a channel, without HTTP.
func BenchmarkConnectAndJoin(b *testing.B) {
	d := newDeck(b)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		d.connect(n)
	}
}
