package session_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/session"
)

// everything is a budget that no packet is over.
const everything = math.MaxInt

func packet(size int) *session.Packet { return session.NewPacket(make([]byte, size)) }

// log returns a log with n unsent packets of a byte each.
func log(t *testing.T, limits session.Limits, n int) *session.Outgoing {
	t.Helper()
	o := session.NewOutgoing(session.SharedLimits(limits))
	for range n {
		require.NoError(t, o.Append(packet(1)))
	}
	return &o
}

// write takes what the wire in use would be given, and returns how many packets that were.
func write(o *session.Outgoing) (n int) {
	for o.Next(everything) != nil {
		n++
	}
	return n
}

func TestPacketsAreNumberedAtTheFirstWrite(t *testing.T) {
	o := log(t, session.Limits{}, 3)
	assert.EqualValues(t, 0, o.Sent())
	assert.EqualValues(t, 1, o.Cursor())

	require.NotNil(t, o.Next(everything))
	assert.EqualValues(t, 1, o.Sent())
	assert.EqualValues(t, 2, o.Cursor())
	sent, unsent := o.Len()
	assert.Equal(t, [2]int{1, 2}, [2]int{sent, unsent})
}

func TestAPacketIsTheSameOneEachTimeItIsWritten(t *testing.T) {
	o := log(t, session.Limits{}, 3)
	first, second := o.Next(everything), o.Next(everything)
	require.NoError(t, o.Ack(1))

	from, err := o.Attach(0)
	require.NoError(t, err, "a recv below what is acknowledged is stale")
	assert.EqualValues(t, 2, from)
	assert.Same(t, second, o.Next(everything))
	assert.NotSame(t, first, o.Next(everything))
	assert.EqualValues(t, 3, o.Sent())
}

func TestBoundsOfTheUnsentTail(t *testing.T) {
	t.Run("packets", func(t *testing.T) {
		o := log(t, session.Limits{UnsentPackets: 3}, 3)
		assert.ErrorIs(t, o.Append(packet(0)), session.ErrOverflow)
		_, unsent := o.Len()
		assert.Equal(t, 3, unsent, "the log is unchanged")
		require.NotNil(t, o.Next(everything))
		assert.NoError(t, o.Append(packet(1)), "what was sent counts elsewhere")
		assert.ErrorIs(t, o.Append(packet(1)), session.ErrOverflow)
	})
	t.Run("bytes", func(t *testing.T) {
		o := log(t, session.Limits{UnsentBytes: 10}, 1)
		assert.ErrorIs(t, o.Append(packet(10)), session.ErrOverflow)
		assert.NoError(t, o.Append(packet(9)), "up to the bound, and with it")
		assert.ErrorIs(t, o.Append(packet(1)), session.ErrOverflow)
		assert.NoError(t, o.Append(packet(0)))
	})
	t.Run("an empty tail takes any one packet", func(t *testing.T) {
		o := log(t, session.Limits{UnsentBytes: 10}, 0)
		assert.NoError(t, o.Append(packet(1000)))
		assert.ErrorIs(t, o.Append(packet(1)), session.ErrOverflow)
	})
	t.Run("the last packet is kept out by none", func(t *testing.T) {
		o := log(t, session.Limits{UnsentPackets: 1, UnsentBytes: 1}, 1)
		assert.NoError(t, o.AppendLast(packet(1000)))
	})
}

func TestBoundsOfTheSentPart(t *testing.T) {
	t.Run("packets", func(t *testing.T) {
		o := log(t, session.Limits{SentPackets: 2}, 3)
		assert.Equal(t, 2, write(o))
		assert.False(t, o.Waiting())
		require.NoError(t, o.Ack(1))
		assert.True(t, o.Waiting(), "an acknowledgement has made room")
		assert.Equal(t, 1, write(o))
	})
	t.Run("bytes", func(t *testing.T) {
		o := log(t, session.Limits{SentBytes: 10}, 0)
		for _, size := range []int{4, 6, 1} {
			require.NoError(t, o.Append(packet(size)))
		}
		assert.Equal(t, 2, write(o))
		require.NoError(t, o.Ack(1))
		assert.Equal(t, 1, write(o))
		sent, unsent := o.Size()
		assert.Equal(t, [2]int{7, 0}, [2]int{sent, unsent})
	})
	t.Run("an empty part takes any one packet", func(t *testing.T) {
		o := log(t, session.Limits{SentBytes: 10}, 0)
		require.NoError(t, o.Append(packet(1000)))
		require.NoError(t, o.Append(packet(1)))
		assert.Equal(t, 1, write(o))
		require.NoError(t, o.Ack(1))
		assert.Equal(t, 1, write(o))
	})
	t.Run("a full part is still written again to another wire", func(t *testing.T) {
		o := log(t, session.Limits{SentPackets: 2}, 3)
		assert.Equal(t, 2, write(o))
		_, err := o.Attach(0)
		require.NoError(t, err)
		assert.True(t, o.Waiting())
		assert.Equal(t, 2, write(o))
	})
}

func TestNextKeepsToItsBudget(t *testing.T) {
	o := log(t, session.Limits{}, 0)
	require.NoError(t, o.Append(packet(5)))
	assert.Nil(t, o.Next(4))
	assert.EqualValues(t, 0, o.Sent(), "no number is given to what is not written")
	assert.True(t, o.Waiting())
	assert.NotNil(t, o.Next(5))
	assert.Nil(t, o.Next(everything))
	assert.False(t, o.Waiting())
}

func TestAttach(t *testing.T) {
	o := log(t, session.Limits{}, 5)
	require.NotNil(t, o.Next(everything))
	require.NotNil(t, o.Next(everything))

	from, err := o.Attach(2)
	require.NoError(t, err)
	assert.EqualValues(t, 3, from)
	assert.EqualValues(t, 2, o.Acked(), "recv is an acknowledgement")
	assert.Equal(t, 3, write(o))

	_, err = o.Attach(6)
	require.ErrorIs(t, err, session.ErrNotSent)
	assert.EqualValues(t, 6, o.Cursor(), "the wire in use goes on")
	assert.EqualValues(t, 2, o.Acked())
}

func TestAcknowledgements(t *testing.T) {
	o := log(t, session.Limits{}, 4)
	require.ErrorIs(t, o.Ack(1), session.ErrNotSent, "unsent packets have no numbers yet")
	for range 3 {
		require.NotNil(t, o.Next(everything))
	}
	require.ErrorIs(t, o.Ack(4), session.ErrNotSent)
	require.ErrorIs(t, o.Ack(math.MaxUint64), session.ErrNotSent)
	require.NoError(t, o.Ack(2))
	require.NoError(t, o.Ack(1), "a lower one is stale")
	require.NoError(t, o.Ack(2))
	assert.EqualValues(t, 2, o.Acked())
	assert.EqualValues(t, 3, o.Sent())
}

// A wire that has only begun to write again what another wire had written hears that the peer has it all.
func TestAnAcknowledgementMovesTheCursor(t *testing.T) {
	o := log(t, session.Limits{}, 4)
	for range 3 {
		require.NotNil(t, o.Next(everything))
	}
	_, err := o.Attach(0)
	require.NoError(t, err)
	require.NoError(t, o.Ack(3))
	assert.EqualValues(t, 4, o.Cursor())
	assert.Equal(t, 1, write(o))
}

func TestTheEndOfALog(t *testing.T) {
	o := log(t, session.Limits{}, 1)
	assert.False(t, o.Ended())
	require.NoError(t, o.AppendLast(packet(1)))
	assert.True(t, o.Ended())
	assert.ErrorIs(t, o.Append(packet(1)), session.ErrEnded)
	assert.ErrorIs(t, o.AppendLast(packet(1)), session.ErrEnded)

	assert.Equal(t, 2, write(o))
	require.NoError(t, o.Ack(1))
	assert.False(t, o.Done())
	require.NoError(t, o.Ack(2))
	assert.True(t, o.Done())
	assert.ErrorIs(t, o.Append(packet(1)), session.ErrEnded, "also when nobody waits for it")
}

func TestAnEmptyLogIsNotDone(t *testing.T) {
	assert.False(t, log(t, session.Limits{}, 0).Done())
}

func TestPacketsTellsWhatThePeerMayHave(t *testing.T) {
	o := session.NewOutgoing(nil)
	var all []*session.Packet
	for range 4 {
		p := packet(1)
		all = append(all, p)
		require.NoError(t, o.Append(p))
	}
	for range 3 {
		require.NotNil(t, o.Next(everything))
	}
	require.NoError(t, o.Ack(1))
	_, err := o.Attach(0) // where the cursor stands makes no difference
	require.NoError(t, err)

	var left []*session.Packet
	var sent []bool
	for p, s := range o.Packets {
		left, sent = append(left, p), append(sent, s)
	}
	assert.Equal(t, all[1:], left)
	assert.Equal(t, []bool{true, true, false}, sent)
	for range o.Packets {
		break
	}
}

func TestDefaultLimits(t *testing.T) {
	want := session.Limits{UnsentBytes: 1 << 20, UnsentPackets: 4096, SentBytes: 4 << 20, SentPackets: 16384}
	assert.Equal(t, want, *session.SharedLimits(session.Limits{}))
	assert.Equal(t, want, *session.SharedLimits(session.Limits{SentBytes: -1}))

	o := session.NewOutgoing(nil)
	for range want.UnsentPackets {
		require.NoError(t, o.Append(packet(0)))
	}
	assert.ErrorIs(t, o.Append(packet(0)), session.ErrOverflow)
}

// The path of every delivery: it must not allocate, neither while a log goes on nor when each acknowledgement empties it.
func TestAppendNextAckAllocateNothing(t *testing.T) {
	p := packet(100)
	for name, kept := range map[string]int{"a log that empties each time": 0, "a log that never is empty": 1} {
		t.Run(name, func(t *testing.T) {
			o := log(t, session.Limits{}, kept)
			write(o)
			allocs := testing.AllocsPerRun(1000, func() {
				_ = o.Append(p)
				_ = o.Append(p)
				o.Next(everything)
				o.Next(everything)
				_ = o.Ack(o.Sent() - uint64(kept))
			})
			assert.Zero(t, allocs)
			assert.Greater(t, o.Acked(), uint64(1000), "it did something")
		})
	}
}

func BenchmarkAppendNextAck(b *testing.B) {
	p := packet(100)
	o := session.NewOutgoing(nil)
	b.ReportAllocs()
	for b.Loop() {
		_ = o.Append(p)
		o.Next(everything)
		_ = o.Ack(o.Sent())
	}
}
