package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hawser-go/hawser/session"
)

var start = time.Unix(1_000_000, 0)

func TestAcksAreDueByDelay(t *testing.T) {
	a := session.NewAcks(&session.AckPolicy{Delay: time.Second})
	assert.False(t, a.Owed())
	assert.False(t, a.Due(0, start))

	a.Accepted(10, start)
	a.Accepted(10, start.Add(900*time.Millisecond)) // does not put it off
	assert.True(t, a.Owed())
	assert.False(t, a.Due(2, start.Add(time.Second-1)))
	assert.True(t, a.Due(2, start.Add(time.Second)))

	a.Said(2)
	assert.False(t, a.Owed())
	assert.False(t, a.Due(2, start.Add(time.Hour)))
}

func TestAcksAreDueByPackets(t *testing.T) {
	a := session.NewAcks(&session.AckPolicy{Packets: 3, Delay: time.Hour})
	for n := uint64(1); n <= 3; n++ {
		a.Accepted(1, start)
		assert.Equal(t, n == 3, a.Due(n, start), "after %d", n)
	}
	a.Said(3)
	a.Accepted(1, start)
	assert.False(t, a.Due(4, start), "it counts from what was said")
	assert.True(t, a.Due(6, start))
}

func TestAcksAreDueByBytes(t *testing.T) {
	a := session.NewAcks(&session.AckPolicy{Bytes: 100, Delay: time.Hour})
	a.Accepted(99, start)
	assert.False(t, a.Due(1, start))
	a.Accepted(1, start)
	assert.True(t, a.Due(2, start))
	a.Said(2)
	a.Accepted(99, start)
	assert.False(t, a.Due(3, start), "it counts from what was said")
}

func TestAcksWithoutADelayAreDueAtOnce(t *testing.T) {
	a := session.NewAcks(&session.AckPolicy{})
	a.Accepted(1, start)
	assert.True(t, a.Due(1, start))
}
