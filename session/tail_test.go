package session_test

import (
	"fmt"

	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/session"
)

// topic returns a topic whose notice says its name.
func topic(name string) *session.Topic {
	return session.NewTopic(func() *session.Packet { return session.NewPacket([]byte(name + " lost some")) })
}

func contents(o *session.Outgoing) []string {
	all := []string{}
	for p := range o.Packets {
		all = append(all, string(p.Bytes()))
	}
	return all
}

func say(t *testing.T, o *session.Outgoing, of *session.Topic, text, key string) {
	t.Helper()
	require.NoError(t, o.Append(of.Packet([]byte(text), key)))
}

func TestOnlyTheLatestOfAKeyWaits(t *testing.T) {
	o := log(t, session.Limits{}, 0)
	prices, sizes := topic("prices"), topic("sizes")
	for _, s := range []string{"a1", "b1", "a2", "c1", "b2"} {
		say(t, o, prices, s, s[:1])
	}
	say(t, o, sizes, "other a1", "a")
	say(t, o, prices, "no key", "")
	say(t, o, prices, "no key", "")
	assert.Equal(t, []string{"a2", "c1", "b2", "other a1", "no key", "no key"}, contents(o))
	sent, unsent := o.Len()
	assert.Equal(t, [2]int{0, 6}, [2]int{sent, unsent})
	assert.Equal(t, 6, write(o))
	assert.EqualValues(t, 6, o.Sent(), "what was removed has no number")
}

func TestWhatHasANumberIsNeverConflated(t *testing.T) {
	o := log(t, session.Limits{}, 0)
	prices := topic("prices")
	say(t, o, prices, "a1", "a")
	require.NotNil(t, o.Next(everything))
	say(t, o, prices, "a2", "a")
	say(t, o, prices, "a3", "a")
	assert.Equal(t, []string{"a1", "a3"}, contents(o))
	_, err := o.Attach(0)
	require.NoError(t, err)
	assert.Equal(t, "a1", string(o.Next(everything).Bytes()))
	assert.Equal(t, "a3", string(o.Next(everything).Bytes()))
}

// Every mix of what fills a tail and what is one too many.
func TestOverflow(t *testing.T) {
	limits := session.Limits{UnsentPackets: 100, UnsentBytes: 1000}
	text := func(s string, n int) string { return s + strings.Repeat(".", n-len(s)) }

	t.Run("a noisy channel", func(t *testing.T) {
		o := log(t, limits, 0)
		noisy, quiet := topic("noisy"), topic("quiet")
		require.NoError(t, o.Append(session.NewPacket([]byte("reply"))))
		say(t, o, quiet, "hello", "")
		for i := range 9 {
			say(t, o, noisy, text(fmt.Sprint(i), 100), "")
		}
		tooMuch := noisy.Packet([]byte(text("9", 100)), "")
		require.ErrorIs(t, o.Append(tooMuch), session.ErrSuspended)
		assert.Equal(t, []string{"reply", "hello", "noisy lost some"}, contents(o))
		require.ErrorIs(t, o.Append(tooMuch), session.ErrSuspended)
		_, unsent := o.Len()
		assert.Equal(t, 3, unsent, "one notice, however much is lost after it")

		say(t, o, quiet, "still here", "")
		require.NoError(t, o.Append(session.NewPacket([]byte("another reply"))))
		o.Resume(noisy)
		say(t, o, noisy, "again", "")
		assert.Equal(t, []string{"still here", "another reply", "again"}, contents(o)[3:])
	})
	t.Run("a quiet channel is one too many", func(t *testing.T) {
		o := log(t, limits, 0)
		noisy, quiet := topic("noisy"), topic("quiet")
		say(t, o, quiet, "hello", "")
		say(t, o, noisy, text("1", 900), "")
		say(t, o, quiet, text("2", 200), "")
		assert.Equal(t, []string{"hello", text("2", 200), "noisy lost some"}, contents(o))
		assert.True(t, o.Suspended(noisy))
		assert.False(t, o.Suspended(quiet))
	})
	t.Run("something sent directly is one too many", func(t *testing.T) {
		o := log(t, limits, 0)
		noisy, quiet := topic("noisy"), topic("quiet")
		say(t, o, quiet, "hello", "")
		say(t, o, noisy, text("1", 900), "")
		require.NoError(t, o.Append(session.NewPacket([]byte(text("reply", 200)))))
		assert.Equal(t, []string{"hello", text("reply", 200), "noisy lost some"}, contents(o))
	})
	t.Run("more than one channel has to go", func(t *testing.T) {
		o := log(t, limits, 0)
		some, most := topic("some"), topic("most")
		say(t, o, some, text("1", 400), "")
		say(t, o, most, text("2", 600), "")
		require.NoError(t, o.Append(session.NewPacket([]byte(text("reply", 700)))))
		assert.Equal(t, []string{
			text("reply", 700), "most lost some", "some lost some",
		}, contents(o))
	})
	t.Run("only what was sent directly", func(t *testing.T) {
		o := log(t, limits, 0)
		require.NoError(t, o.Append(session.NewPacket([]byte(text("reply", 900)))))
		require.ErrorIs(t, o.Append(packet(200)), session.ErrOverflow)
		assert.Equal(t, []string{text("reply", 900)}, contents(o), "the log is unchanged")
	})
	t.Run("what was sent directly does not fit, whatever channels lose", func(t *testing.T) {
		o := log(t, limits, 0)
		chat := topic("chat")
		say(t, o, chat, "hello", "")
		require.NoError(t, o.Append(session.NewPacket([]byte(text("reply", 900)))))
		require.ErrorIs(t, o.Append(packet(200)), session.ErrOverflow)
		assert.Equal(t, []string{"hello", text("reply", 900)}, contents(o), "the log is unchanged")
		assert.False(t, o.Suspended(chat))
	})
	t.Run("a channel is one too many for what was sent directly", func(t *testing.T) {
		o := log(t, limits, 0)
		chat := topic("chat")
		require.NoError(t, o.Append(session.NewPacket([]byte(text("reply", 990)))))
		require.ErrorIs(t, o.Append(chat.Packet([]byte(text("1", 20)), "")), session.ErrSuspended)
		assert.Equal(t, []string{text("reply", 990), "chat lost some"}, contents(o))
	})
	t.Run("by the number of packets", func(t *testing.T) {
		o := log(t, limits, 0)
		ticks, bulk := topic("ticks"), topic("bulk")
		say(t, o, bulk, text("big", 200), "")
		for range 99 {
			say(t, o, ticks, "", "")
		}
		say(t, o, ticks, "x", "")
		assert.True(t, o.Suspended(bulk), "it has most")
		assert.False(t, o.Suspended(ticks))
	})
	t.Run("a key that replaces its like needs no room", func(t *testing.T) {
		o := log(t, limits, 0)
		prices := topic("prices")
		for i := range 1000 {
			say(t, o, prices, text(fmt.Sprint(i%10), 100), fmt.Sprint(i%10))
		}
		_, unsent := o.Len()
		assert.Equal(t, 10, unsent)
	})
}

// A reader that is stalled for ever, and every sort of thing that is published meanwhile: what is held has a bound.
func TestATailThatIsEditedHoldsLittle(t *testing.T) {
	o := log(t, session.Limits{}, 0)
	prices := topic("prices")
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = fmt.Sprint(i)
	}
	packets := make([]*session.Packet, len(keys))
	for i, key := range keys {
		packets[i] = prices.Packet(make([]byte, 100), key)
	}
	round := func() {
		for _, p := range packets {
			_ = o.Append(p)
		}
	}
	round()
	assert.Zero(t, testing.AllocsPerRun(1000, round))
	_, unsent := o.Len()
	assert.Equal(t, len(keys), unsent)

}

// Each replacement costs the same, however many packets and keys wait.
func BenchmarkConflate(b *testing.B) {
	for _, keys := range []int{1, 10, 100, 1000, 4000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			o := session.NewOutgoing(nil)
			prices := topic("prices")
			packets := make([]*session.Packet, keys)
			for i := range packets {
				packets[i] = prices.Packet(make([]byte, 10), fmt.Sprint(i))
				_ = o.Append(packets[i])
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := o.Append(packets[i%keys]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
