package memory_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/broker/memory"
)

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		defer b.Close()
		assert.Zero(t, b.Stats())
		keep := broker.Retention{Size: 2, Age: time.Minute}
		for range 3 {
			add(t, b, "a", keep)
		}
		add(t, b, "b", keep)
		_, stop, err := b.Subscribe(t.Context(), "c", func(string, *broker.Entry) {})
		require.NoError(t, err)
		defer stop()
		for _, key := range []string{"k", "l", "k"} {
			require.NoError(t, b.Hold(t.Context(), "g", broker.Lease{Key: key}, 10*time.Minute))
		}
		require.NoError(t, b.Hold(t.Context(), "h", broker.Lease{Key: "k"}, time.Minute))
		_, err = b.Claim(t.Context(), "k", "me", time.Minute)
		require.NoError(t, err)
		assert.Equal(t, memory.Stats{Channels: 3, Messages: 3, Leases: 3, Claims: 1}, b.Stats())

		time.Sleep(time.Minute + 2*time.Second)
		synctest.Wait()
		assert.Equal(t, memory.Stats{Channels: 3, Leases: 2}, b.Stats(), "what is over is not counted")
	})
}
