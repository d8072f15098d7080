package session_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/session"
)

func borrow(t *testing.T, text string) *session.Packet {
	t.Helper()
	p, err := session.Borrow(func(dst []byte) ([]byte, error) {
		assert.Empty(t, dst)
		return append(dst, text...), nil
	})
	require.NoError(t, err)
	return p
}

// Packets whose memory comes from others that were acknowledged say what they were made of, for as long as the log holds them.
func TestBorrowedPacketsStayAsTheyAreUntilAcknowledged(t *testing.T) {
	out := session.NewOutgoing(nil)
	for n := range uint64(100) {
		require.NoError(t, out.Append(borrow(t, fmt.Sprint("packet ", n+1))))
		require.NotNil(t, out.Next(1<<10))
		if n%3 == 2 {
			require.NoError(t, out.Ack(n-1))
			from, err := out.Attach(out.Acked())
			require.NoError(t, err)
			for ; from <= n+1; from++ {
				assert.Equal(t, fmt.Sprint("packet ", from), string(out.Next(1<<10).Bytes()))
			}
		}
	}
}

// Who was shown what a log holds may keep it.
func TestBorrowedPacketsThatWereShownAreNotUsedAgain(t *testing.T) {
	out := session.NewOutgoing(nil)
	require.NoError(t, out.Append(borrow(t, "shown")))
	require.NotNil(t, out.Next(1<<10))
	var kept []byte
	out.Packets(func(p *session.Packet, _ bool) bool {
		kept = p.Bytes()
		return true
	})
	require.NoError(t, out.Ack(1))
	for range 10 {
		_ = borrow(t, "other")
	}
	assert.Equal(t, "shown", string(kept))
}

func TestBorrowFailsAsItsEncodingDoes(t *testing.T) {
	failure := errors.New("cannot be encoded")
	_, err := session.Borrow(func([]byte) ([]byte, error) { return nil, failure })
	require.ErrorIs(t, err, failure)
	assert.Equal(t, "the next one", string(borrow(t, "the next one").Bytes()))
}
