package memory_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/broker/brokertest"
	"github.com/hawser-go/hawser/broker/memory"
)

func setup() brokertest.Setup {
	return brokertest.Setup{
		Open: func(t *testing.T) (a, b broker.Broker) {
			m := memory.New(memory.Options{})
			t.Cleanup(func() { assert.NoError(t, m.Close()) })
			return m, m
		},
		Run: func(t *testing.T, test func(t *testing.T)) { t.Helper(); synctest.Test(t, test) },
	}
}

func TestLeases(t *testing.T) { brokertest.Leases(t, setup()) }
func TestClaims(t *testing.T) { brokertest.Claims(t, setup()) }
func TestNodes(t *testing.T)  { brokertest.Nodes(t, setup()) }

func TestLeasesEndInTheOrderOfTheirTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		began := time.Now()
		ended := make(chan string, 16)
		_, stop, err := b.Watch(t.Context(), "g", func(l broker.Lease, held bool) {
			if !held {
				ended <- l.Key + " after " + time.Since(began).String()
			}
		})
		require.NoError(t, err)
		for _, n := range []int{5, 3, 9, 1, 7, 2, 8, 4, 6} {
			ttl := time.Duration(n) * time.Second
			require.NoError(t, b.Hold(t.Context(), "g", broker.Lease{Key: ttl.String()}, time.Minute))
			require.NoError(t, b.Hold(t.Context(), "g", broker.Lease{Key: ttl.String()}, ttl), "sooner than it was")
		}
		require.NoError(t, b.Release(t.Context(), "g", "1s"), "what the clock was set to")
		assert.Equal(t, "1s after 0s", <-ended)
		for n := 2; n <= 9; n++ {
			assert.Equal(t, fmt.Sprintf("%ds after %[1]ds", n), <-ended, "when its time is over, and not later")
		}
		stop()
		n, err := b.CountHeld(t.Context(), "g")
		require.NoError(t, err)
		assert.Zero(t, n)
	})
}

func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		changes := 0
		_, stop, err := b.Watch(t.Context(), "g", func(broker.Lease, bool) { changes++ })
		require.NoError(t, err)
		require.NoError(t, b.Hold(t.Context(), "g", broker.Lease{Key: "k"}, time.Second))
		_, err = b.Claim(t.Context(), "k", "a", time.Second)
		require.NoError(t, err)
		end, err := b.Serve(t.Context(), "a", nil)
		require.NoError(t, err)
		require.NoError(t, b.Close())
		require.NoError(t, b.Close())
		time.Sleep(time.Minute)
		assert.Equal(t, 1, changes, "a closed broker says nothing")
		stop()
		end()

		require.ErrorIs(t, b.Hold(t.Context(), "g", broker.Lease{Key: "k"}, time.Second), broker.ErrClosed)
		require.ErrorIs(t, b.Release(t.Context(), "g", "k"), broker.ErrClosed)
		_, err = b.Held(t.Context(), "g")
		require.ErrorIs(t, err, broker.ErrClosed)
		_, err = b.CountHeld(t.Context(), "g")
		require.ErrorIs(t, err, broker.ErrClosed)
		_, _, err = b.Watch(t.Context(), "g", nil)
		require.ErrorIs(t, err, broker.ErrClosed)
		_, err = b.Claim(t.Context(), "k", "b", time.Second)
		require.ErrorIs(t, err, broker.ErrClosed)
		require.ErrorIs(t, b.Unclaim(t.Context(), "k", "b"), broker.ErrClosed)
		_, err = b.Serve(t.Context(), "a", nil)
		require.ErrorIs(t, err, broker.ErrClosed)
		_, err = b.Ask(t.Context(), "a", nil)
		require.ErrorIs(t, err, broker.ErrClosed)
	})
}
