package line_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
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
