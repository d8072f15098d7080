package hawser_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/internal/wiretest"
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
