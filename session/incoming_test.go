package session_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/session"
)

// accept takes n packets of a wire that are new.
func accept(t *testing.T, in *session.Incoming, c *session.Cursor, n int) {
	t.Helper()
	for range n {
		fresh, err := in.Accept(c, 0)
		require.NoError(t, err)
		require.True(t, fresh)
	}
}

func TestDuplicatesAreDroppedByNumber(t *testing.T) {
	in := session.NewIncoming(nil)
	var first, second session.Cursor
	require.NoError(t, in.Start(&first, 1))
	accept(t, &in, &first, 3)

	require.NoError(t, in.Start(&second, 2))
	for n := 2; n <= 3; n++ {
		fresh, err := in.Accept(&second, 0)
		require.NoError(t, err)
		assert.False(t, fresh, "%d was accepted on the first wire", n)
	}
	accept(t, &in, &second, 1)
	assert.EqualValues(t, 4, in.Accepted())

	fresh, err := in.Accept(&first, 0)
	require.NoError(t, err)
	assert.False(t, fresh, "4 came on the second wire")
}

func TestNumbersBeginWithStart(t *testing.T) {
	in := session.NewIncoming(nil)
	var c session.Cursor
	_, err := in.Accept(&c, 0)
	assert.ErrorIs(t, err, session.ErrNoStart)
	assert.Zero(t, in.Accepted())
}

func TestLeaps(t *testing.T) {
	for name, n := range map[string]uint64{"skipped": 3, "no packet has that number": 0} {
		t.Run(name, func(t *testing.T) {
			in := session.NewIncoming(nil)
			var c session.Cursor
			require.NoError(t, in.Start(&c, 1))
			accept(t, &in, &c, 1)

			err := in.Start(&c, n)
			require.ErrorIs(t, err, session.ErrLeap)
			require.NotErrorIs(t, err, session.ErrLeapAgain)
			accept(t, &in, &c, 1) // a packet of a wire that is in order
			require.NotErrorIs(t, in.Start(&c, n+n), session.ErrLeapAgain, "a packet was accepted in between")

			require.NoError(t, in.Start(&c, 1), "a duplicate is no progress")
			_, err = in.Accept(&c, 0)
			require.NoError(t, err)
			err = in.Start(&c, 100)
			require.ErrorIs(t, err, session.ErrLeapAgain)
			require.ErrorIs(t, err, session.ErrLeap)
		})
	}
}

func TestTheInboxIsBounded(t *testing.T) {
	begin := func(t *testing.T, l session.InboxLimits) (*session.Incoming, *session.Cursor) {
		t.Helper()
		in, c := session.NewIncoming(session.SharedInboxLimits(l)), new(session.Cursor)
		require.NoError(t, in.Start(c, 1))
		return &in, c
	}
	take := func(in *session.Incoming, c *session.Cursor, size int) error {
		_, err := in.Accept(c, size)
		return err
	}
	t.Run("packets", func(t *testing.T) {
		in, c := begin(t, session.InboxLimits{Packets: 2})
		require.NoError(t, take(in, c, 1))
		require.NoError(t, take(in, c, 1))
		require.ErrorIs(t, take(in, c, 1), session.ErrFull)
		require.ErrorIs(t, take(in, c, 1), session.ErrFull, "nothing has changed")
		assert.EqualValues(t, 2, in.Accepted())
		in.Handled(1, 1)
		require.NoError(t, take(in, c, 1))
		assert.EqualValues(t, 3, in.Accepted())
	})
	t.Run("bytes", func(t *testing.T) {
		in, c := begin(t, session.InboxLimits{Bytes: 10})
		require.NoError(t, take(in, c, 4))
		require.ErrorIs(t, take(in, c, 7), session.ErrFull)
		require.NoError(t, take(in, c, 6), "up to the bound, and with it")
		require.ErrorIs(t, take(in, c, 1), session.ErrFull)
		packets, bytes := in.Inbox()
		assert.Equal(t, [2]int{2, 10}, [2]int{packets, bytes})
	})
	t.Run("an empty inbox takes any one packet", func(t *testing.T) {
		in, c := begin(t, session.InboxLimits{Bytes: 10})
		require.NoError(t, take(in, c, 1000))
		require.ErrorIs(t, take(in, c, 1), session.ErrFull)
	})
	t.Run("what takes effect at once needs no room", func(t *testing.T) {
		in, c := begin(t, session.InboxLimits{Packets: 1, Bytes: 1})
		require.NoError(t, take(in, c, 1))
		require.NoError(t, take(in, c, 0))
		packets, _ := in.Inbox()
		assert.Equal(t, 1, packets)
	})
	t.Run("a duplicate needs no room", func(t *testing.T) {
		in, c := begin(t, session.InboxLimits{Packets: 1})
		require.NoError(t, take(in, c, 1))
		require.NoError(t, in.Start(c, 1))
		require.NoError(t, take(in, c, 1))
		require.ErrorIs(t, take(in, c, 1), session.ErrFull)
	})
	t.Run("defaults", func(t *testing.T) {
		assert.Equal(t, session.InboxLimits{Bytes: 1 << 20, Packets: 1024}, *session.SharedInboxLimits(session.InboxLimits{}))
		in, c := begin(t, session.InboxLimits{})
		for range 1024 {
			require.NoError(t, take(in, c, 1))
		}
		require.ErrorIs(t, take(in, c, 1), session.ErrFull)
	})
}

func TestNothingComesAfterTheEnd(t *testing.T) {
	in := session.NewIncoming(nil)
	var c, late session.Cursor
	require.NoError(t, in.Start(&c, 1))
	accept(t, &in, &c, 2)
	in.End()
	_, err := in.Accept(&c, 0)
	require.ErrorIs(t, err, session.ErrAfterEnd)

	require.NoError(t, in.Start(&late, 1), "a wire may be slow to hear of it")
	for range 2 {
		fresh, err := in.Accept(&late, 0)
		require.NoError(t, err)
		require.False(t, fresh)
	}
	_, err = in.Accept(&late, 0)
	require.ErrorIs(t, err, session.ErrAfterEnd)
	assert.EqualValues(t, 2, in.Accepted())
}

func TestAcceptAllocatesNothing(t *testing.T) {
	in := session.NewIncoming(nil)
	var c session.Cursor
	require.NoError(t, in.Start(&c, 1))
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = in.Accept(&c, 10)
		in.Handled(1, 10)
	}))
}
