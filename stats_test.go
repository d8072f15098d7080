package hawser_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/internal/wiretest"
	"github.com/hawser-go/hawser/transport"
)

func TestNewSessionsAreTurnedAwayAndCounted(t *testing.T) {
	everywhere(t, func(t *testing.T, over func(*wiretest.Client)) {
		s := newSite(t, hawser.Options{MaxSessions: 2, SessionRate: 1000})
		c := s.connect(over)
		_ = s.connect(over)
		var full wiretest.CloseError
		require.ErrorAs(t, s.client(over).Connect(t.Context()), &full)
		assert.Equal(t, "unavailable", full.Code)
		assert.Positive(t, full.Millis, "when to come back")
		c.Cut()
		require.NoError(t, c.Connect(t.Context()), "who has a session is let in")
		assert.Equal(t, hawser.Stats{Sessions: 2, Admitted: 2, TurnedAway: 1}, s.Stats())
		assert.Contains(t, s.logs.String(), "turned away")
	})
}

// What the server keeps of sessions that have ended, it forgets when its time is over, also where no other session begins or ends.
func TestNothingIsKeptOfThoseWhoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeck(t, func(o *hawser.Options) { o.ResumeFor, o.DedupeWindow = time.Minute, 10*time.Minute })
		for _, w := range d.board(10) {
			w.Detach(transport.ErrPeerGone)
		}
		assert.Equal(t, hawser.Stats{Sessions: 10, Admitted: 10, Channels: 1}, d.Stats())
		time.Sleep(time.Minute + time.Second)
		synctest.Wait()
		assert.Equal(t, hawser.Stats{Admitted: 10, Remembered: 10}, d.Stats())
		time.Sleep(10*time.Minute - 3*time.Second)
		assert.Equal(t, 10, d.Stats().Remembered)
		time.Sleep(4 * time.Second)
		assert.Equal(t, hawser.Stats{Admitted: 10}, d.Stats())
	})
}

// Stats may be asked at any time, also while sessions begin: neither waits for the other for ever.
func TestStatsBesideSessionsThatBegin(t *testing.T) {
	d := newDeck(t)
	over := make(chan struct{})
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					_ = d.Stats()
				}
			}
		})
	}
	for i := range 2000 {
		d.connect(i)
	}
	close(over)
	asking.Wait()
	assert.Equal(t, 2000, d.Stats().Sessions)
}
