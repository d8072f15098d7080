package hawser_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
)

// TestSessionsLeaveNothingBehind opens and ends them over each transport. TestMain sees to the goroutines.
func TestSessionsLeaveNothingBehind(t *testing.T) {
	s := newSite(t, hawser.Options{})
	lab := s.Channel("lab:{n}")
	lab.OnJoin(allow)
	hawser.HandleCall(s, "echo", func(c *hawser.Context, in []byte) ([]byte, error) { return in, c.Session().Set("k", in) })
	payload := make([]byte, 10<<10)
	round := func(n int) {
		for i := range n {
			c := s.connect(with([]string{"websocket", "sse", "poll"}[i%3], codec.JSON()))
			_, err := c.Join(t.Context(), "lab:1")
			require.NoError(t, err)
			_, err = c.Call(t.Context(), "", "echo", payload)
			require.NoError(t, err)
			if i%2 == 0 {
				_ = c.Send(&codec.Packet{Kind: codec.KindEnd, Code: "closed"})
			} else {
				s.session(c).End("closed", "")
			}
			_, err = c.Closed(t.Context())
			require.NoError(t, err)
			c.Cut()
		}
		s.clients = nil
		require.Eventually(t, func() bool { return len(s.Sessions()) == 0 }, 10*time.Second, time.Millisecond)
		assert.Zero(t, s.Members("lab:1"))
	}
	kept := func() uint64 {
		s.http.Client().CloseIdleConnections()
		return heap()
	}
	round(100) // warms pools
	before := kept()
	round(500)
	assert.Eventually(t, func() bool { return kept() < before+1<<19 }, 10*time.Second, 50*time.Millisecond,
		"a session that keeps 1 KiB would show")
}
