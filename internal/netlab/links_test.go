package netlab_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/internal/netlab"
)

func TestClean(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		assert.Zero(t, s.mustEcho("hello"))
		assert.Zero(t, s.mustEcho(strings.Repeat("x", 1<<20)))
		conn := s.mustDial()
		say(t, conn, "a")
		assert.True(t, hears(conn, "a"))
		long := strings.Repeat("y", 100_000)
		say(t, conn, long)
		assert.True(t, hears(conn, long))
		require.NoError(t, conn.Close())
		assert.Contains(t, s.noticed(), "ws gone", "the end of the client's side reaches the server")
		assert.EqualValues(t, 3, s.lab.Count("requests"))
		assert.EqualValues(t, 1, s.lab.Count("upgrades"))
		assert.EqualValues(t, 2, s.lab.Count("connections"), "connections are kept alive")
		assert.Greater(t, s.lab.Count("bytes-up"), int64(1<<20))
	})
}

// TestConnectionClose is about a client that wants no second answer on its connection: it is closed.
func TestConnectionClose(t *testing.T) {
	for _, faults := range [][]netlab.Fault{nil, {netlab.BadGateway{}}} {
		within(t, func(t *testing.T, s *site) {
			conn, err := s.net.Dial(t.Context(), "tcp", "lab:80")
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, "GET /other HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
			require.NoError(t, err)
			all, err := io.ReadAll(conn)
			require.NoError(t, err)
			assert.Contains(t, string(all), "Connection: close\r\n")
		}, faults...)
	}
}

func TestLatency(t *testing.T) {
	late := netlab.Latency{Up: 30 * time.Millisecond, Down: 70 * time.Millisecond, Connect: 200 * time.Millisecond}
	within(t, func(t *testing.T, s *site) {
		assert.Equal(t, 300*time.Millisecond, s.mustEcho("hello"), "a new connection")
		assert.Equal(t, 100*time.Millisecond, s.mustEcho("hello"), "the same")
		assert.NotZero(t, s.lab.Count("latency"))
		s.lab.Set()
		assert.Zero(t, s.mustEcho("hello"), "switched off")
	}, late)
}

func TestJitter(t *testing.T) {
	trips := func() (all []time.Duration) {
		within(t, func(t *testing.T, s *site) {
			for range 20 {
				trip := s.mustEcho("x")
				assert.LessOrEqual(t, trip, 40*time.Millisecond)
				all = append(all, trip)
			}
		}, netlab.Latency{Jitter: 20 * time.Millisecond})
		return all
	}
	first := trips()
	assert.NotEqual(t, first[0], first[1])
	assert.Equal(t, first[0], trips()[0], "the same seed")
}

func TestSlowLink(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		body := strings.Repeat("x", 1<<20)
		took := s.mustEcho(body)
		assert.InDelta(t, (16+4)*time.Second, took, float64(500*time.Millisecond), "1 MiB up at 64 KiB/s, and down at 256")
		assert.NotZero(t, s.lab.Count("slow-link"))
	}, netlab.Bandwidth{Up: 64 << 10, Down: 256 << 10})
}

func TestSilence(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.mustEcho("before")
		s.lab.Set(netlab.Silence{Direction: netlab.Down})
		answered := make(chan time.Duration, 1)
		go func() { answered <- s.mustEcho("during") }()
		assert.Equal(t, []string{"echo 6", "echo 6"}, s.noticed(), "up passes")
		assert.Empty(t, answered)
		time.Sleep(time.Minute)
		assert.Empty(t, answered)
		assert.EqualValues(t, 1, s.lab.Count("silence"))
		s.lab.Set()
		assert.Equal(t, time.Minute, <-answered, "what waited comes")
	})
}

func TestSetWhileFramesWait(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		conn := s.mustDial()
		say(t, conn, "a")
		require.True(t, hears(conn, "a"))
		s.lab.Set(netlab.Stalled{})
		say(t, conn, "b")
		synctest.Wait()
		assert.Equal(t, []string{"ws a"}, s.noticed())
		s.lab.Set()
		assert.True(t, hears(conn, "b"), "it was held, not lost")
		assert.Equal(t, []string{"ws a", "ws b"}, s.noticed())
	})
}
