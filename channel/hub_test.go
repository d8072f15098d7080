package channel_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
)

func newHub(codecs ...codec.Codec) *channel.Hub {
	return channel.NewHub(channel.Options{Log: memory.New(memory.Options{}), Codecs: codecs})
}

// publish publishes something and returns where it went.
func publish(tb testing.TB, h *channel.Hub, name string) channel.Position {
	tb.Helper()
	return say(tb, h, name, 1)
}

func say(tb testing.TB, h *channel.Hub, name string, data any) channel.Position {
	tb.Helper()
	p, err := h.Publish(context.Background(), channel.Publication{Channel: name, Event: "e", Data: data})
	require.NoError(tb, err)
	return p
}

// join makes m a member at once, and returns from where.
func join(tb testing.TB, h *channel.Hub, name string, m channel.Member) channel.Position {
	tb.Helper()
	r, err := h.Reserve(context.Background(), name, m)
	require.NoError(tb, err)
	defer r.Cancel()
	require.NoError(tb, r.Admit(func() error { return nil }))
	return r.At()
}

func TestPublish(t *testing.T) {
	c := &lineCodec{name: "x"}
	h := newHub(c)
	a, b := &recorder{codec: c}, &recorder{codec: c}
	before := publish(t, h, "room")
	assert.GreaterOrEqual(t, len(before.Epoch), 8)
	assert.EqualValues(t, 1, before.Offset)

	joined := join(t, h, "room", a)
	join(t, h, "room", b)
	assert.Equal(t, before, joined)
	assert.Equal(t, 2, h.Count("room"))

	after, err := h.Publish(t.Context(), channel.Publication{Channel: "room", Event: "said", Data: "hi"})
	require.NoError(t, err)
	assert.Equal(t, channel.Position{Epoch: joined.Epoch, Offset: 2}, after)
	assert.Equal(t, []string{`x|room|2|said|"hi"`}, a.lines())
	assert.Same(t, a.packets[0], b.packets[0], "encoded once, and shared")
	assert.EqualValues(t, 2, c.marshals.Load(), "once each, for nobody and for two")

	other := publish(t, h, "other")
	assert.EqualValues(t, 1, other.Offset, "each channel counts for itself")
	assert.NotEqual(t, after.Epoch, other.Epoch)
	assert.Len(t, a.lines(), 1)
}

func TestPublishExcept(t *testing.T) {
	c := &lineCodec{name: "x"}
	h := newHub(c)
	a, b := &recorder{codec: c, id: "a"}, &recorder{codec: c, id: "b"}
	join(t, h, "room", a)
	join(t, h, "room", b)
	_, err := h.Publish(t.Context(), channel.Publication{Channel: "room", Event: "e", Data: 1, Except: "a"})
	require.NoError(t, err)
	publish(t, h, "room")
	assert.Equal(t, []string{"x|room|2|e|1"}, a.lines())
	assert.Equal(t, []string{"x|room|1|e|1", "x|room|2|e|1"}, b.lines())
}

func TestEachCodecEncodesOnce(t *testing.T) {
	codecs := []*lineCodec{{name: "x"}, {name: "y"}, {name: "z"}}
	h := newHub(codecs[0], codecs[1], codecs[2])
	var members []*recorder
	for i := range 20 {
		m := &recorder{codec: codecs[i%2]}
		members = append(members, m)
		join(t, h, "room", m)
	}
	publish(t, h, "room")
	for _, m := range members {
		assert.Equal(t, []string{m.codec.Name() + "|room|1|e|1"}, m.lines())
	}
	for _, c := range codecs {
		assert.EqualValues(t, 1, c.marshals.Load(), "whoever is there: "+c.name)
	}
}

var errUnencodable = errors.New("no")

// pickyCodec encodes strings only.
type pickyCodec struct{ lineCodec }

func (c *pickyCodec) Marshal(v any) ([]byte, error) {
	if _, ok := v.(string); !ok {
		return nil, errUnencodable
	}
	return c.lineCodec.Marshal(v)
}

func TestNobodyGetsWhatOneCodecCannotEncode(t *testing.T) {
	x, y := &lineCodec{name: "easy"}, &pickyCodec{lineCodec{name: "picky"}}
	h := newHub(x, y)
	easy, picky := &recorder{codec: x}, &recorder{codec: y}
	join(t, h, "room", easy)
	for range 2 { // whether anybody listens with that codec, or not
		_, err := h.Publish(t.Context(), channel.Publication{Channel: "room", Event: "e", Data: 1})
		var failed *channel.EncodeError
		require.ErrorAs(t, err, &failed)
		require.ErrorIs(t, err, errUnencodable)
		assert.Equal(t, "picky", failed.Codec)
		assert.Empty(t, easy.lines())
		join(t, h, "room", picky)
	}
	assert.EqualValues(t, 1, say(t, h, "room", "text").Offset, "the failed ones took no offset")
	assert.Len(t, easy.lines(), 1)
	assert.Len(t, picky.lines(), 1)
}

func TestPublishBounds(t *testing.T) {
	c := &lineCodec{name: "x"}
	h := channel.NewHub(channel.Options{Log: memory.New(memory.Options{}), Codecs: []codec.Codec{c}, MaxPacket: 100})
	m := &recorder{codec: c}
	join(t, h, "room", m)
	_, err := h.Publish(t.Context(), channel.Publication{Channel: "room", Event: "e", Data: strings.Repeat("x", 100)})
	var large *channel.TooLargeError
	require.ErrorAs(t, err, &large)
	assert.Equal(t, 100, large.Limit)
	assert.Equal(t, len(fmt.Sprintf(`x|room|%d|e|""`, codec.MaxInt))+100, large.Size, "with the longest offset there is")
	assert.Empty(t, m.lines())
	fits := strings.Repeat("x", 100-len(fmt.Sprintf(`x|room|%d|e|""`, codec.MaxInt)))
	assert.EqualValues(t, 1, say(t, h, "room", fits).Offset)
}

func TestPublishPayloads(t *testing.T) {
	c := &lineCodec{name: "x"}
	h := newHub(c)
	m := &recorder{codec: c}
	join(t, h, "room", m)
	_, err := h.Publish(t.Context(), channel.Publication{Channel: "room", Event: "e", Data: codec.Payload{Raw: []byte("1")}})
	require.ErrorIs(t, err, channel.ErrEncodedPayload)
	say(t, h, "room", []byte("bytes"))
	say(t, h, "room", codec.Payload{Raw: []byte("bytes"), Bytes: true})
	say(t, h, "room", codec.Payload{})
	say(t, h, "room", nil)
	say(t, h, "room", codec.Encoded{Codec: codec.MessagePack(), Payload: codec.Payload{Raw: []byte{7}}})
	say(t, h, "room", codec.Encoded{Codec: c})
	assert.Equal(t, []string{
		"x|room|1|e|bytes", "x|room|2|e|bytes", "x|room|3|e|", "x|room|4|e|", "x|room|5|e|7", "x|room|6|e|",
	}, m.lines())
}

func TestHubRefusesNames(t *testing.T) {
	h := newHub()
	m := &recorder{codec: &lineCodec{name: "x"}}
	var refused *channel.NameError
	_, err := h.Reserve(t.Context(), "", m)
	require.ErrorAs(t, err, &refused)
	_, err = h.Publish(t.Context(), channel.Publication{Channel: "a\x00", Event: "e"})
	require.ErrorAs(t, err, &refused)
	_, err = h.Publish(t.Context(), channel.Publication{Channel: "room"})
	require.ErrorAs(t, err, &refused)
	assert.False(t, h.Leave("", m, nil))
	assert.Zero(t, h.Count(""))
}

func TestJoinAgain(t *testing.T) {
	c := &lineCodec{name: "x"}
	h := newHub(c)
	m := &recorder{codec: c}
	join(t, h, "room", m)
	at := publish(t, h, "room")
	assert.Equal(t, at, join(t, h, "room", m))
	assert.Equal(t, 1, h.Count("room"))
	publish(t, h, "room")
	assert.Len(t, m.lines(), 2, "each publication once")
}

func TestLeave(t *testing.T) {
	x, y := &lineCodec{name: "x"}, &lineCodec{name: "y"}
	h := newHub(x, y)
	m, other := &recorder{codec: x}, &recorder{codec: y}
	never := func() { t.Error("was no member") }
	assert.False(t, h.Leave("room", m, never), "no such channel")
	join(t, h, "room", m)
	assert.False(t, h.Leave("room", other, never))
	at := publish(t, h, "room")

	left := 0
	assert.True(t, h.Leave("room", m, func() { left++ }))
	assert.Equal(t, 1, left)
	assert.False(t, h.Leave("room", m, never), "already gone")
	assert.Zero(t, h.Count("room"))
	next := publish(t, h, "room")
	assert.Equal(t, channel.Position{Epoch: at.Epoch, Offset: at.Offset + 1}, next, "a channel without members goes on counting")
	assert.Len(t, m.lines(), 1)
}

func TestManyComeAndGo(t *testing.T) {
	c := &lineCodec{name: "x"}
	h := newHub(c)
	rng := rand.New(rand.NewPCG(1, 2))
	members := make([]*tally, 1000)
	in := map[*tally]bool{}
	for i := range members {
		members[i] = &tally{codec: c}
	}
	want := map[*tally]int{}
	for round := range 20 {
		for _, m := range members {
			crowd := rng.IntN(10) < round%10 // the channel fills, and empties at once
			switch {
			case crowd && !in[m]:
				join(t, h, "room", m)
				in[m] = true
			case !crowd:
				require.Equal(t, in[m], h.Leave("room", m, nil))
				delete(in, m)
			}
		}
		require.Equal(t, len(in), h.Count("room"))
		publish(t, h, "room")
		for m := range in {
			want[m]++
		}
	}
	for _, m := range members {
		assert.Equal(t, want[m], m.n)
	}
}

// A witness is a member that checks that it gets exactly what follows its join, without a hole, until it leaves.
type witness struct {
	recorder
	t    *testing.T
	from channel.Position
	to   uint64
}

func (w *witness) check(name string) {
	w.t.Helper()
	want := []string{}
	for n := w.from.Offset + 1; n <= w.to; n++ {
		want = append(want, fmt.Sprintf("%s|%s|%d|e|1", w.codec.Name(), name, n))
	}
	assert.Equal(w.t, want, w.lines())
}

// TestMembersMissNothing lets members join and leave while others publish, with so few idle channels that they are forgotten all
// the time.
func TestMembersMissNothing(t *testing.T) {
	codecs := []codec.Codec{&lineCodec{name: "x"}, &lineCodec{name: "y"}}
	h := channel.NewHub(channel.Options{Log: memory.New(memory.Options{IdleChannels: 1}), Codecs: codecs})
	const channels = 200
	name := func(i int) string { return fmt.Sprintf("room%d", i) }
	var publishers, members sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		publishers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					publish(t, h, name(rand.IntN(channels)))
				}
			}
		})
	}
	for i := range 8 {
		members.Go(func() {
			for round := range 300 {
				name := name(rand.IntN(channels))
				w := &witness{recorder: recorder{codec: codecs[(i+round)%2]}, t: t}
				w.from = join(t, h, name, w)
				for range rand.IntN(20) {
					w.to = publish(t, h, name).Offset
				}
				assert.Positive(t, h.Count(name))
				assert.True(t, h.Leave(name, w, func() { w.to = max(w.to, w.from.Offset, uint64(len(w.packets))+w.from.Offset) }))
				w.check(name)
			}
		})
	}
	members.Wait()
	close(stop)
	publishers.Wait()
	for i := range channels {
		assert.Zero(t, h.Count(name(i)))
	}
}

// TestOneOrderForAll lets many publish at once.
func TestOneOrderForAll(t *testing.T) {
	c := &lineCodec{name: "x"}
	h := newHub(c)
	members := []*recorder{{codec: c}, {codec: c}, {codec: c}}
	for _, m := range members {
		join(t, h, "room", m)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 100 {
				say(t, h, "room", []int{i, n})
			}
		})
	}
	wg.Wait()
	lines := members[0].lines()
	require.Len(t, lines, 800)
	for i, line := range lines {
		require.Truef(t, strings.HasPrefix(line, fmt.Sprintf("x|room|%d|", i+1)), "%d: %s", i, line)
	}
	for _, m := range members[1:] {
		assert.Equal(t, lines, m.lines())
	}
}

// TestPanicHoldsNoLock lets a value, a member and a callback panic.
func TestPanicHoldsNoLock(t *testing.T) {
	c := &lineCodec{name: "x"}
	h := newHub(c)
	m := &recorder{codec: c}
	join(t, h, "room", m)
	assert.Panics(t, func() { say(t, h, "room", explosive{}) })
	r, err := h.Reserve(t.Context(), "room", m)
	require.NoError(t, err)
	assert.Panics(t, func() { _ = r.Admit(func() error { panic("boom") }) })
	r.Cancel()
	join(t, h, "room", m)
	assert.Panics(t, func() { h.Leave("room", m, func() { panic("boom") }) })
	publish(t, h, "room")
}

type explosive struct{}

func (explosive) MarshalJSON() ([]byte, error) { panic("boom") }

func TestNothingIsAllocatedPerDelivery(t *testing.T) {
	allocations := func(members int) float64 {
		c := &lineCodec{name: "x"}
		h := newHub(c)
		for range members {
			join(t, h, "room", &tally{codec: c})
		}
		return testing.AllocsPerRun(20, func() { say(t, h, "room", "text") })
	}
	one, many := allocations(1), allocations(10000)
	assert.Less(t, many, one+10, "10,000 members cost what one costs, but for what pools forget under the race detector")
}

func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{1, 100, 10000} {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			c := &lineCodec{name: "x"}
			h := newHub(c)
			for range n {
				join(b, h, "room", &tally{codec: c})
			}
			p := channel.Publication{Channel: "room", Event: "said", Data: strings.Repeat("x", 126)}
			b.ReportAllocs()
			for b.Loop() {
				_, _ = h.Publish(b.Context(), p)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/delivery")
		})
	}
}

func BenchmarkJoinLeave(b *testing.B) {
	for _, n := range []int{0, 100, 10000} {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			c := &lineCodec{name: "x"}
			h := newHub(c)
			for range n {
				join(b, h, "room", &tally{codec: c})
			}
			m := &tally{codec: c}
			b.ReportAllocs()
			for b.Loop() {
				join(b, h, "room", m)
				h.Leave("room", m, nil)
			}
		})
	}
}
