package brokertest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
)

// Claims is the contract of broker.Claims as tests.
func Claims(t *testing.T, s Setup) {
	s.run(t, "FirstCome", testFirstCome)
	s.run(t, "OneOfMany", testOneOfMany)
	s.run(t, "Lapse", testLapse)
}

func claim(t *testing.T, b broker.Claims, key, holder string, ttl time.Duration) string {
	t.Helper()
	who, err := b.Claim(t.Context(), key, holder, ttl)
	require.NoError(t, err)
	return who
}

func testFirstCome(t *testing.T, _ Setup, a, b broker.Broker) {
	key := unique(t, "k")
	assert.Equal(t, "a", claim(t, a, key, "a", long))
	assert.Equal(t, "a", claim(t, b, key, "b", long))
	assert.Equal(t, "a", claim(t, a, key, "a", long), "to renew")
	assert.Equal(t, "b", claim(t, b, unique(t, "other"), "b", long), "each key for itself")
	require.NoError(t, b.Unclaim(t.Context(), key, "b"))
	assert.Equal(t, "a", claim(t, b, key, "b", long), "only the holder's claim is taken away")
	require.NoError(t, a.Unclaim(t.Context(), key, "a"))
	require.NoError(t, a.Unclaim(t.Context(), key, "a"))
	assert.Equal(t, "b", claim(t, b, key, "b", long))
}

func testOneOfMany(t *testing.T, _ Setup, a, b broker.Broker) {
	const n = 16
	type claimed struct {
		who string
		err error
	}
	answers := make(chan claimed, n)
	for i := range n {
		on, holder := a, string(rune('a'+i))
		if i%2 == 1 {
			on = b
		}
		go func() {
			who, err := on.Claim(t.Context(), unique(t, "k"), holder, long)
			answers <- claimed{who, err}
		}()
	}
	first := next(t, answers)
	require.NoError(t, first.err)
	for range n - 1 {
		assert.Equal(t, first, next(t, answers), "all are told the same")
	}
}

func testLapse(t *testing.T, s Setup, a, b broker.Broker) {
	key := unique(t, "k")
	ttl := s.shortest()
	began := time.Now()
	require.Equal(t, "a", claim(t, a, key, "a", ttl))
	time.Sleep(ttl / 2)
	require.Equal(t, "a", claim(t, a, key, "a", ttl))
	renewed := time.Now()
	for claim(t, b, key, "b", long) == "a" {
		require.Less(t, time.Since(began), long)
		time.Sleep(ttl / 8)
	}
	assert.GreaterOrEqual(t, time.Since(renewed), ttl*3/4, "it was renewed")
	assert.Equal(t, "b", claim(t, a, key, "a", long))
}
