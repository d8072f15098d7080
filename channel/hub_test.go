package channel_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
)

func newHub() *channel.Hub { return channel.NewHub(channel.Options{}) }

// publish publishes something and returns where it went.
func publish(tb testing.TB, h *channel.Hub, name string) channel.Position {
	tb.Helper()
	p, err := h.Publish(name, "e", 1, nil)
	require.NoError(tb, err)
	return p
}

func TestPublish(t *testing.T) {
	h, c := newHub(), &lineCodec{name: "x"}
	a, b := &recorder{codec: c}, &recorder{codec: c}
	before := publish(t, h, "room")
	assert.GreaterOrEqual(t, len(before.Epoch), 8)
	assert.EqualValues(t, 1, before.Offset)

	var joined channel.Position
	require.NoError(t, h.Join("room", a, func(p channel.Position) { joined = p }))
	require.NoError(t, h.Join("room", b, nil))
	assert.Equal(t, before, joined)
	assert.Equal(t, 2, h.Count("room"))

	after, err := h.Publish("room", "said", "hi", nil)
	require.NoError(t, err)
	assert.Equal(t, channel.Position{Epoch: joined.Epoch, Offset: 2}, after)
	assert.Equal(t, []string{`x|room|2|said|"hi"`}, a.lines())
	assert.Same(t, a.packets[0], b.packets[0], "encoded once, and shared")
	assert.EqualValues(t, 1, c.marshals.Load(), "not at all for nobody, once for two")

	other := publish(t, h, "other")
	assert.EqualValues(t, 1, other.Offset, "each channel counts for itself")
	assert.NotEqual(t, after.Epoch, other.Epoch)
	assert.Len(t, a.lines(), 1)
}

func TestPublishExcept(t *testing.T) {
	h, c := newHub(), &lineCodec{name: "x"}
	a, b := &recorder{codec: c}, &recorder{codec: c}
	require.NoError(t, h.Join("room", a, nil))
	require.NoError(t, h.Join("room", b, nil))
	_, err := h.Publish("room", "e", 1, a)
	require.NoError(t, err)
	publish(t, h, "room")
	assert.Equal(t, []string{"x|room|2|e|1"}, a.lines())
	assert.Equal(t, []string{"x|room|1|e|1", "x|room|2|e|1"}, b.lines())
}

func TestEachCodecEncodesOnce(t *testing.T) {
	h := newHub()
	codecs := []*lineCodec{{name: "x"}, {name: "y"}, {name: "z"}}
	var members []*recorder
	for i := range 30 {
		m := &recorder{codec: codecs[i%len(codecs)]}
		members = append(members, m)
		require.NoError(t, h.Join("room", m, nil))
	}
	publish(t, h, "room")
	for _, m := range members {
		assert.Equal(t, []string{m.codec.Name() + "|room|1|e|1"}, m.lines())
	}
	for _, c := range codecs {
		assert.EqualValues(t, 1, c.marshals.Load(), c.name)
	}
	for i, m := range members {
		if m.codec == codecs[1] {
			assert.True(t, h.Leave("room", m, nil), i)
		}
	}
	publish(t, h, "room")
	assert.EqualValues(t, 1, codecs[1].marshals.Load(), "a codec that nobody uses any more is not asked")
	assert.EqualValues(t, 2, codecs[0].marshals.Load())
}

// unencodable fails, but only once it has a codec to fail in.
type unencodable struct{}

var errUnencodable = errors.New("no")

func (unencodable) MarshalJSON() ([]byte, error) { return nil, errUnencodable }

// pickyCodec encodes strings only.
type pickyCodec struct{ lineCodec }

func (c *pickyCodec) Marshal(v any) ([]byte, error) {
	if _, ok := v.(string); !ok {
		return nil, errUnencodable
	}
	return c.lineCodec.Marshal(v)
}

func TestNobodyGetsWhatOneCodecCannotEncode(t *testing.T) {
	h := newHub()
	easy := &recorder{codec: &lineCodec{name: "easy"}}
	picky := &recorder{codec: &pickyCodec{lineCodec{name: "picky"}}}
	require.NoError(t, h.Join("room", easy, nil))
	require.NoError(t, h.Join("room", picky, nil))

	_, err := h.Publish("room", "e", 1, nil)
	var failed *channel.EncodeError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, errUnencodable)
	assert.Equal(t, "picky", failed.Codec)
	assert.Empty(t, easy.lines())

	p, err := h.Publish("room", "e", "text", nil)
	require.NoError(t, err)
	assert.EqualValues(t, 1, p.Offset, "the failed one took no offset")
	assert.Len(t, easy.lines(), 1)
	assert.Len(t, picky.lines(), 1)

	_, err = h.Publish("empty", "e", unencodable{}, nil)
	require.NoError(t, err, "for nobody, nothing is encoded")
}

func TestPublishBounds(t *testing.T) {
	h := channel.NewHub(channel.Options{MaxPacket: 100})
	m := &recorder{codec: &lineCodec{name: "x"}}
	require.NoError(t, h.Join("room", m, nil))
	_, err := h.Publish("room", "e", strings.Repeat("x", 100), nil)
	var large *channel.TooLargeError
	require.ErrorAs(t, err, &large)
	assert.Equal(t, 100, large.Limit)
	assert.Equal(t, len(`x|room|1|e|""`)+100, large.Size)
	assert.Empty(t, m.lines())
	assert.EqualValues(t, 1, publish(t, h, "room").Offset)
}

func TestPublishPayloads(t *testing.T) {
	h := newHub()
	m := &recorder{codec: &lineCodec{name: "x"}}
	require.NoError(t, h.Join("room", m, nil))
	_, err := h.Publish("room", "e", codec.Payload{Raw: []byte("1")}, nil)
	require.ErrorIs(t, err, channel.ErrEncodedPayload)
	for _, v := range []any{[]byte("bytes"), codec.Payload{Raw: []byte("bytes"), Bytes: true}, codec.Payload{}} {
		_, err := h.Publish("room", "e", v, nil)
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"x|room|1|e|bytes", "x|room|2|e|bytes", "x|room|3|e|"}, m.lines())
}

func TestHubRefusesNames(t *testing.T) {
	h := newHub()
	m := &recorder{codec: &lineCodec{name: "x"}}
	var refused *channel.NameError
	require.ErrorAs(t, h.Join("", m, func(channel.Position) { t.Error("joined") }), &refused)
	_, err := h.Publish("a\x00", "e", 1, nil)
	require.ErrorAs(t, err, &refused)
	_, err = h.Publish("room", "", 1, nil)
	require.ErrorAs(t, err, &refused)
	assert.False(t, h.Leave("", m, nil))
	assert.Zero(t, h.Count(""))
}

func TestJoinAgain(t *testing.T) {
	h := newHub()
	m := &recorder{codec: &lineCodec{name: "x"}}
	require.NoError(t, h.Join("room", m, nil))
	at := publish(t, h, "room")
	var again channel.Position
	require.NoError(t, h.Join("room", m, func(p channel.Position) { again = p }))
	assert.Equal(t, at, again)
	assert.Equal(t, 1, h.Count("room"))
	publish(t, h, "room")
	assert.Len(t, m.lines(), 2, "each publication once")
}

func TestLeave(t *testing.T) {
	h := newHub()
	m, other := &recorder{codec: &lineCodec{name: "x"}}, &recorder{codec: &lineCodec{name: "y"}}
	never := func(channel.Position) { t.Error("was no member") }
	assert.False(t, h.Leave("room", m, never), "no such channel")
	require.NoError(t, h.Join("room", m, nil))
	assert.False(t, h.Leave("room", other, never))
	at := publish(t, h, "room")

	var left channel.Position
	assert.True(t, h.Leave("room", m, func(p channel.Position) { left = p }))
	assert.Equal(t, at, left)
	assert.False(t, h.Leave("room", m, never), "already gone")
	assert.Zero(t, h.Count("room"))
	next := publish(t, h, "room")
	assert.Equal(t, channel.Position{Epoch: at.Epoch, Offset: at.Offset + 1}, next, "a channel without members goes on counting")
	assert.Len(t, m.lines(), 1)
}

func TestManyComeAndGo(t *testing.T) {
	h, c := newHub(), &lineCodec{name: "x"}
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
				require.NoError(t, h.Join("room", m, nil))
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

func TestIdleChannelsAreBounded(t *testing.T) {
	const bound = 128
	h := channel.NewHub(channel.Options{IdleChannels: bound})
	m := &recorder{codec: &lineCodec{name: "x"}}
	require.NoError(t, h.Join("held", m, nil))
	held := publish(t, h, "held")
	epochs := map[string]string{}
	for i := range 10 * bound {
		name := fmt.Sprintf("idle%d", i)
		epochs[name] = publish(t, h, name).Epoch
	}
	assert.Equal(t, held.Epoch, publish(t, h, "held").Epoch, "a channel with members is never forgotten")

	kept := 0
	for i := range 10 * bound {
		// The last used come first, so that asking forgets only what was asked already.
		name := fmt.Sprintf("idle%d", 10*bound-1-i)
		p := publish(t, h, name)
		if p.Epoch == epochs[name] {
			kept++
			assert.EqualValues(t, 2, p.Offset)
		} else {
			assert.EqualValues(t, 1, p.Offset, "a new epoch counts from the beginning")
		}
	}
	assert.Positive(t, kept)
	assert.LessOrEqual(t, kept, bound)
}

func TestLeftChannelIsForgottenInTurn(t *testing.T) {
	h := channel.NewHub(channel.Options{IdleChannels: 1})
	m := &recorder{codec: &lineCodec{name: "x"}}
	require.NoError(t, h.Join("room", m, nil))
	first := publish(t, h, "room")
	require.True(t, h.Leave("room", m, nil))
	for i := range 10000 { // some of them share the room's shard
		publish(t, h, fmt.Sprintf("idle%d", i))
	}
	var again channel.Position
	require.NoError(t, h.Join("room", m, func(p channel.Position) { again = p }))
	assert.NotEqual(t, first.Epoch, again.Epoch)
	assert.Zero(t, again.Offset)
}

// A witness is a member that checks that it gets exactly what follows its join, without a hole, until it leaves.
type witness struct {
	recorder
	t        *testing.T
	from, to channel.Position
}

func (w *witness) check(name string) {
	w.t.Helper()
	if !assert.Equal(w.t, w.from.Epoch, w.to.Epoch) {
		return
	}
	want := []string{}
	for n := w.from.Offset + 1; n <= w.to.Offset; n++ {
		want = append(want, fmt.Sprintf("%s|%s|%d|e|1", w.codec.Name(), name, n))
	}
	assert.Equal(w.t, want, w.lines())
}

// TestMembersMissNothing lets members join and leave while others publish, with so few idle channels that they are forgotten all
// the time.
func TestMembersMissNothing(t *testing.T) {
	h := channel.NewHub(channel.Options{IdleChannels: 1})
	codecs := []codec.Codec{&lineCodec{name: "x"}, &lineCodec{name: "y"}}
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
				assert.NoError(t, h.Join(name, w, func(p channel.Position) { w.from = p }))
				for range rand.IntN(20) {
					publish(t, h, name)
				}
				assert.Positive(t, h.Count(name))
				assert.True(t, h.Leave(name, w, func(p channel.Position) { w.to = p }))
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
	h, c := newHub(), &lineCodec{name: "x"}
	members := []*recorder{{codec: c}, {codec: c}, {codec: c}}
	for _, m := range members {
		require.NoError(t, h.Join("room", m, nil))
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 100 {
				_, err := h.Publish("room", "e", []int{i, n}, nil)
				assert.NoError(t, err)
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
	h := newHub()
	m := &recorder{codec: &lineCodec{name: "x"}}
	require.NoError(t, h.Join("room", m, nil))
	boom := func(channel.Position) { panic("boom") }
	assert.Panics(t, func() { _, _ = h.Publish("room", "e", explosive{}, nil) })
	assert.Panics(t, func() { _ = h.Join("room", m, boom) })
	assert.Panics(t, func() { h.Leave("room", m, boom) })
	publish(t, h, "room")
}

type explosive struct{}

func (explosive) MarshalJSON() ([]byte, error) { panic("boom") }

func TestNothingIsAllocatedPerDelivery(t *testing.T) {
	allocations := func(members int) float64 {
		h, c := newHub(), &lineCodec{name: "x"}
		for range members {
			require.NoError(t, h.Join("room", &tally{codec: c}, nil))
		}
		return testing.AllocsPerRun(20, func() { _, _ = h.Publish("room", "e", "text", nil) })
	}
	one, many := allocations(1), allocations(10000)
	assert.InDelta(t, one, many, 1, "10,000 members cost what one costs")
}

func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{1, 100, 10000} {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			h, c := newHub(), &lineCodec{name: "x"}
			for range n {
				require.NoError(b, h.Join("room", &tally{codec: c}, nil))
			}
			text := strings.Repeat("x", 126)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = h.Publish("room", "said", text, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/delivery")
		})
	}
}

func BenchmarkJoinLeave(b *testing.B) {
	for _, n := range []int{0, 100, 10000} {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			h, c := newHub(), &lineCodec{name: "x"}
			for range n {
				require.NoError(b, h.Join("room", &tally{codec: c}, nil))
			}
			m := &tally{codec: c}
			b.ReportAllocs()
			for b.Loop() {
				_ = h.Join("room", m, nil)
				h.Leave("room", m, nil)
			}
		})
	}
}
