package line_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/transport"
)

func TestConnectedAsLongAsThereIsAWire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w, s := h.connect()
		assert.True(t, s.Connected())
		assert.EqualValues(t, 1, s.resumed.Load())
		second := h.resume(2, 2, 0)
		w.Detach(transport.ErrPeerGone)
		assert.True(t, s.Connected())
		assert.EqualValues(t, 1, s.resumed.Load(), "it was there all the time")
		second.Detach(transport.ErrPeerGone)
		assert.False(t, s.Connected())
		h.resume(3, 3, 0)
		assert.True(t, s.Connected())
		assert.EqualValues(t, 2, s.resumed.Load())
	})
}

func TestPollingClientIsConnectedBetweenItsPolls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w := h.poll()
		require.NoError(t, w.up(hello(func(b *codec.Hello) { b.Wait = 20_000 })))
		s := h.only()
		w.Detach(transport.ErrAnswered)
		assert.True(t, s.Connected(), "the next poll is about to come")
		time.Sleep(2 * time.Second)
		w = h.poll()
		require.NoError(t, w.up(h.again(1, 2, 0)))
		assert.EqualValues(t, 1, s.resumed.Load())
		w.Detach(transport.ErrAnswered)
		time.Sleep(4 * time.Second)
		assert.False(t, s.Connected(), "it did not")
		require.NoError(t, h.poll().up(h.again(1, 3, 0)))
		assert.EqualValues(t, 2, s.resumed.Load())
	})
}

func TestPollingClientMayTakeItsTimeBetweenPollsHoweverShortTheResumeTimeIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t, func(o *line.Options) { o.ResumeFor, o.LeaveFor = 50*time.Millisecond, 50*time.Millisecond })
		w := h.poll()
		require.NoError(t, w.up(hello(nil)))
		s := h.only()
		for claim := range uint64(3) {
			w.Detach(transport.ErrAnswered)
			time.Sleep(2900 * time.Millisecond)
			w = h.poll()
			require.NoError(t, w.up(h.again(1, claim+2, 0)))
		}
		w.Detach(transport.ErrAnswered)
		time.Sleep(4 * time.Second)
		assert.Equal(t, line.CodeExpired, (<-s.ended).Code)
	})
}

func TestPollingPageThatLeavesIsNotBetweenPolls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		w := h.poll()
		require.NoError(t, w.up(hello(nil)))
		s := h.only()
		w.Detach(transport.ErrAnswered)
		assert.True(t, s.Connected())
		require.Error(t, h.post().up(h.again(2, 1, 0), &codec.Packet{Kind: codec.KindClose, Code: "leaving"}))
		assert.False(t, s.Connected())
	})
}
