package channel_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

// A harbour is a hub of two codecs, with a member of each in its only channel.
type harbour struct {
	*channel.Hub
	tb     testing.TB
	x, y   *lineCodec
	stayed []*recorder
	last   channel.Position
}

func newHarbour(tb testing.TB, o channel.Options) *harbour {
	tb.Helper()
	h := &harbour{tb: tb, x: &lineCodec{name: "x"}, y: &lineCodec{name: "y"}}
	o.Log, o.Codecs = memory.New(memory.Options{}), []codec.Codec{h.x, h.y}
	h.Hub = channel.NewHub(o)
	for _, c := range o.Codecs {
		m := &recorder{codec: c}
		h.stayed = append(h.stayed, m)
		h.last = join(tb, h.Hub, "room", m)
	}
	return h
}

// publish publishes n messages, of which the channel keeps some.
func (h *harbour) publish(n, keep int) {
	for range n {
		var err error
		h.last, err = h.Publish(h.tb.Context(), channel.Publication{
			Channel: "room", Event: "e", Data: 1, Keep: broker.Retention{Size: keep},
		})
		assert.NoError(h.tb, err)
	}
}

// recover makes a member, who has got the messages up to an offset.
func (h *harbour) recover(c codec.Codec, from uint64) *recorder {
	m := &recorder{codec: c}
	r, err := h.Reserve(h.tb.Context(), "room", m)
	if !assert.NoError(h.tb, err) {
		return m
	}
	defer r.Cancel()
	assert.NoError(h.tb, r.From(h.tb.Context(), channel.Position{Epoch: h.last.Epoch, Offset: from}))
	assert.NoError(h.tb, r.Admit(nothing))
	return m
}

// leave ends the membership of all.
func (h *harbour) leave(members ...*recorder) {
	for _, m := range members {
		assert.True(h.tb, h.Leave("room", m, nil))
	}
}

// same reports whether both got the very same packets.
func same(t *testing.T, a, b []*session.Packet) {
	t.Helper()
	require.Len(t, b, len(a))
	for i := range a {
		assert.Same(t, a[i], b[i], "packet %d", i)
	}
}

func TestThoseWhoRecoverShareTheirPackets(t *testing.T) {
	h := newHarbour(t, channel.Options{})
	h.publish(5, 100)
	h.x.messages.Store(0)
	h.y.messages.Store(0)
	a, b, other := h.recover(h.x, 0), h.recover(h.x, 2), h.recover(h.y, 1)
	assert.Equal(t, "1 2 3 4 5", offsets(a))
	assert.Equal(t, "3 4 5", offsets(b))
	assert.Equal(t, "2 3 4 5", offsets(other))
	same(t, a.packets[2:], b.packets)
	assert.Equal(t, "y|room|2|e|1", string(other.packets[0].Bytes()))
	h.publish(1, 100)
	late := h.recover(h.x, 4)
	assert.Equal(t, "5 6", offsets(late))
	assert.Same(t, a.packets[4], late.packets[0])
	assert.EqualValues(t, 5+2, h.x.messages.Load(), "each once, and the sixth once as it was published")
	assert.EqualValues(t, 4+1, h.y.messages.Load())
}

// One who is alone has nobody to share with.
func TestOneWhoRecoversAloneKeepsNothing(t *testing.T) {
	h := newHarbour(t, channel.Options{})
	h.publish(5, 100)
	h.leave(h.stayed...)
	h.recover(h.x, 0)
	assert.Zero(t, h.Cached())
	h.recover(h.x, 0)
	assert.NotZero(t, h.Cached())
}

// What nobody asks for any more goes by itself, and the rest with the last member.
func TestCachedPacketsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarbour(t, channel.Options{})
		h.publish(9, 100)
		members := []*recorder{h.recover(h.x, 0)}
		all := h.Cached()
		for range 4 {
			time.Sleep(channel.UnwantedAfter * 4 / 5)
			members = append(members, h.recover(h.x, 7))
		}
		assert.Equal(t, all*2/9, h.Cached())
		same(t, members[0].packets[7:], members[4].packets)
		time.Sleep(2 * channel.UnwantedAfter)
		synctest.Wait()
		assert.Zero(t, h.Cached())

		members = append(members, h.recover(h.x, 0))
		assert.Equal(t, all, h.Cached())
		h.leave(append(members, h.stayed...)...)
		assert.Zero(t, h.Cached(), "nobody is there")
		assert.Zero(t, h.Len())
	})
}

// What the log does not keep any more is not recovered, though it may still be cached.
func TestLogSaysWhatThereIs(t *testing.T) {
	h := newHarbour(t, channel.Options{})
	h.publish(4, 4)
	h.recover(h.x, 0)
	h.publish(1, 4)
	r, err := h.Reserve(t.Context(), "room", &recorder{codec: h.x})
	require.NoError(t, err)
	defer r.Cancel()
	var useless *broker.PositionError
	require.ErrorAs(t, r.From(t.Context(), channel.Position{Epoch: h.last.Epoch}), &useless)
	assert.Equal(t, broker.Trimmed, useless.Reason)
}

// A hole makes all begin anew, and nothing of before is shared any more.
func TestHoleBetweenNodesEmptiesTheCache(t *testing.T) {
	s := newShore(t, channel.Options{})
	epoch := s.publish(3, "").Epoch
	var members []*recorder
	for range 3 {
		m := s.member()
		members = append(members, m)
		r := s.reserve(m)
		require.NoError(t, r.From(t.Context(), channel.Position{Epoch: epoch, Offset: 1}))
		require.NoError(t, r.Admit(nothing))
	}
	assert.Equal(t, "2 3", offsets(members[2]))
	require.NotZero(t, s.Cached())
	joining := s.reserve(s.member())
	s.log.receive("another epoch", &broker.Entry{Offset: 9, Message: broker.Message{Event: "e"}})
	assert.Zero(t, s.Cached())
	require.ErrorIs(t, joining.From(t.Context(), channel.Position{Epoch: epoch, Offset: 1}), channel.ErrLost, "it was too late")
	assert.Zero(t, s.Cached())
}

// Past the bounds members share less, and get all the same.
func TestCacheIsBounded(t *testing.T) {
	const packets = 9
	whole := newHarbour(t, channel.Options{})
	whole.publish(1, 1)
	whole.recover(whole.x, 0)
	each := whole.Cached()
	for name, test := range map[string]struct {
		options channel.Options
		shared  int
	}{
		"all of it":                   {channel.Options{}, packets},
		"as much as a joining keeps":  {channel.Options{KeptBytes: 5*each + 1}, 5},
		"as much as all channels may": {channel.Options{CachedBytes: 7*each + 1}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarbour(t, test.options)
			h.publish(packets, 100)
			first, second := h.recover(h.x, 0), h.recover(h.x, 0)
			assert.Len(t, first.packets, packets)
			assert.Equal(t, first.lines(), second.lines())
			same(t, first.packets[:test.shared], second.packets[:test.shared])
			assert.Equal(t, test.shared*each, h.Cached())
		})
	}
}

// Nothing is encoded under a lock: two who come at the same moment both encode, and go on with the packet of one.
func TestTwoWhoEncodeTheSameShareOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarbour(t, channel.Options{})
		h.publish(1, 10)
		var both, joining sync.WaitGroup
		both.Add(2)
		h.x.encoding = func() { both.Done(); both.Wait() }
		var a, b *recorder
		joining.Go(func() { a = h.recover(h.x, 0) })
		joining.Go(func() { b = h.recover(h.x, 0) })
		joining.Wait()
		assert.Len(t, a.packets, 1)
		same(t, a.packets, b.packets)
	})
}

// Many come back at once, while more is published: each gets all of it in order, and all get the same packets.
func TestManyRecoverAtOnce(t *testing.T) {
	synctest.Test(t, manyRecoverAtOnce) // where no time passes, in which packets could go
}

func manyRecoverAtOnce(t *testing.T) {
	const past, joiners, more = 50, 200, 50
	h := newHarbour(t, channel.Options{})
	h.publish(past, 1000)
	members := make([]*recorder, joiners)
	var joining sync.WaitGroup
	for i := range members {
		joining.Go(func() { members[i] = h.recover([]codec.Codec{h.x, h.y}[i%2], uint64(i%past)) })
	}
	joining.Go(func() {
		for range more {
			_, err := h.Publish(t.Context(), channel.Publication{Channel: "room", Event: "e", Data: 1, Keep: broker.Retention{Size: 1000}})
			assert.NoError(t, err)
		}
	})
	joining.Wait()
	want := strings.Fields(offsets(h.stayed[0]))
	require.Len(t, want, past+more)
	byLine := map[string]*session.Packet{}
	for i, m := range members {
		require.Equal(t, want[i%past:], strings.Fields(offsets(m)))
		for j, p := range m.packets[:past-i%past] {
			line := fmt.Sprintf("%s|%d", m.codec.Name(), i%past+j)
			if byLine[line] == nil {
				byLine[line] = p
			}
			assert.Same(t, byLine[line], p, line)
		}
	}
}
