package netlab_test

import (
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/internal/netlab"
)

func TestUpgradeRefused(t *testing.T) {
	for _, status := range []int{400, 403, 426} {
		within(t, func(t *testing.T, s *site) {
			_, response, err := s.dial()
			require.Error(t, err)
			require.NotNil(t, response)
			assert.Equal(t, status, response.StatusCode)
			s.mustEcho("requests pass")
			assert.EqualValues(t, 1, s.lab.Count("upgrade-refused"))
			assert.Zero(t, s.lab.Count("upgrades"))
		}, netlab.UpgradeRefused{Status: status})
	}
}

func TestUpgradeRefusedByDefault(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		_, response, _ := s.dial()
		require.NotNil(t, response)
		assert.Equal(t, http.StatusForbidden, response.StatusCode)
	}, netlab.UpgradeRefused{})
}

func TestUpgradeSwallowed(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		began := time.Now()
		_, response, err := s.dial()
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.Nil(t, response)
		assert.Equal(t, 5*time.Second, time.Since(began))
		s.mustEcho("requests pass")
		assert.EqualValues(t, 1, s.lab.Count("upgrade-swallowed"))
	}, netlab.UpgradeSwallowed{})
}

func TestFramesDropped(t *testing.T) {
	for _, c := range []struct {
		direction netlab.Direction
		noticed   []string
	}{
		{netlab.Both, []string{}},
		{netlab.Up, []string{}},
		{netlab.Down, []string{"ws a"}},
	} {
		within(t, func(t *testing.T, s *site) {
			conn := s.mustDial()
			say(t, conn, "a")
			assert.Equal(t, c.noticed, s.noticed())
			assert.False(t, hears(conn, "a"))
			assert.EqualValues(t, 1, s.lab.Count("frames-dropped"))
		}, netlab.FramesDropped{Direction: c.direction})
	}
}

// TestFramesDroppedForAWhile is about whole frames: what comes after can be read.
func TestFramesDroppedForAWhile(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		conn := s.mustDial()
		say(t, conn, string(make([]byte, 70_000)))
		synctest.Wait()
		s.lab.Set()
		say(t, conn, "b")
		assert.True(t, hears(conn, "b"))
		assert.Equal(t, []string{"ws b"}, s.noticed())
	}, netlab.FramesDropped{Direction: netlab.Up})
}

func TestStalled(t *testing.T) {
	for _, c := range []struct {
		direction netlab.Direction
		noticed   []string
	}{
		{netlab.Both, []string{"ws a"}},
		{netlab.Up, []string{"ws a"}},
		{netlab.Down, []string{"ws a", "ws b"}},
	} {
		within(t, func(t *testing.T, s *site) {
			conn := s.mustDial()
			say(t, conn, "a")
			require.True(t, hears(conn, "a"), "it is established")
			say(t, conn, "b")
			assert.Equal(t, c.noticed, s.noticed())
			assert.False(t, hears(conn, "b"))
			s.mustEcho("requests pass")
			assert.EqualValues(t, 1, s.lab.Count("stalled"))
		}, netlab.Stalled{Direction: c.direction})
	}
}
