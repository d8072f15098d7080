package hawser_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
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
	data := []byte("what is said")
	perPublication := func(members int) float64 {
		d := newDeck(t)
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
			if n%10 == 0 {
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

// What an event that comes up costs, to the handler and back to rest: its name, its channel, the Context and a goroutine.
func TestInboundEventAllocates(t *testing.T) {
	skipUnderRace(t)
	for name, test := range map[string]struct {
		packet codec.Packet
		allocs float64
	}{
		"event":              {codec.Packet{Kind: codec.KindEvent, Event: "say"}, 3},
		"event of a channel": {codec.Packet{Kind: codec.KindEvent, Channel: "room:1", Event: "say"}, 4},
		"volatile event":     {codec.Packet{Kind: codec.KindVolatile, Event: "say"}, 3},
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
			allocs := testing.AllocsPerRun(1000, func() {
				require.NoError(t, w.Receive(context.Background(), frame))
				<-handled
			})
			t.Log(allocs)
			assert.LessOrEqual(t, allocs, test.allocs)
		})
	}
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
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Receive(context.Background(), frame); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	d := newDeck(b)
	hawser.HandleCall(d, "echo", func(_ *hawser.Context, in []byte) ([]byte, error) { return in, nil })
	wires := d.board(1)
	w := wires[0]
	w.woken = make(chan struct{}, 1)
	data := codec.Payload{Raw: make([]byte, 128), Bytes: true}
	id, n := uint64(1), uint64(1)
	b.ReportAllocs()
	for b.Loop() {
		id, n = id+1, n+1
		call, _ := codec.JSON().AppendPacket(nil, &codec.Packet{Kind: codec.KindCall, ID: id, Event: "echo", Data: data})
		if err := w.Receive(context.Background(), call); err != nil {
			b.Fatal(err)
		}
		<-w.woken
		d.drain(w)
		d.acknowledge(wires, n)
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
