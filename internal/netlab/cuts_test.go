package netlab_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/internal/netlab"
)

func TestCutAfterBytes(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		_, err := io.ReadAll(s.stream().Body)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.EqualValues(t, 300, s.lab.Count("bytes-down"), "to the byte")
		assert.Contains(t, s.noticed(), "stream gone")
		assert.EqualValues(t, 1, s.lab.Count("connection-cut"))
	}, netlab.Cut{Bytes: 300, Direction: netlab.Down})
}

func TestCutAfterTime(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.mustEcho("requests live")
		time.Sleep(time.Minute)
		s.mustEcho("requests live")
		began := time.Now()
		conn := s.mustDial()
		assert.False(t, hears(conn, ""))
		assert.Equal(t, 10*time.Second, time.Since(began))
		assert.Contains(t, s.noticed(), "ws gone")
		assert.EqualValues(t, 1, s.lab.Count("connection-cut"))
	}, netlab.Cut{After: 10 * time.Second, Only: netlab.WebSockets})
}

// TestEndingsOverTCP is about what only a real socket can show.
func TestEndingsOverTCP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	for _, c := range []struct {
		how  netlab.Ending
		want error
	}{{netlab.FIN, io.EOF}, {netlab.RST, syscall.ECONNRESET}, {netlab.HalfClient, syscall.ECONNRESET}} {
		lab, err := netlab.Listen("127.0.0.1:0", netlab.Options{Target: server.Listener.Addr().String()})
		require.NoError(t, err)
		conn, err := net.Dial("tcp", lab.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		from := bufio.NewReader(conn)
		_, err = http.ReadResponse(from, nil)
		require.NoError(t, err)
		assert.Equal(t, 1, lab.Cut(c.how))
		_, err = from.ReadByte()
		assert.ErrorIs(t, err, c.want)
		assert.NoError(t, conn.Close())
		lab.Close()
	}
}

func TestListenOnLoopbackOnly(t *testing.T) {
	_, err := netlab.Listen("0.0.0.0:0", netlab.Options{})
	assert.ErrorIs(t, err, netlab.ErrNotLoopback)
	_, err = netlab.Listen("nonsense", netlab.Options{})
	assert.Error(t, err)
}

func TestHalfOpen(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		began := time.Now()
		conn := s.mustDial()
		say(t, conn, "a")
		assert.True(t, hears(conn, "a"))
		assert.False(t, hears(conn, ""))
		assert.Equal(t, 2*time.Second, time.Since(began), "the client is cut")
		time.Sleep(time.Hour)
		assert.Equal(t, []string{"ws a"}, s.noticed(), "the server does not know")
		assert.EqualValues(t, 1, s.lab.Count("half-open"))
	}, netlab.HalfOpen{After: 2 * time.Second, Only: netlab.WebSockets})
}

// TestHalfOpenStream is about a target that goes on writing to a client that is not there.
func TestHalfOpenStream(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		_, err := io.ReadAll(s.stream().Body)
		assert.Error(t, err)
		time.Sleep(time.Hour)
		assert.Empty(t, s.noticed())
	}, netlab.HalfOpen{After: 2 * time.Second})
}

func TestHalfOpenTarget(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		conn := s.mustDial()
		time.Sleep(3 * time.Second)
		assert.Equal(t, []string{"ws gone"}, s.noticed())
		began := time.Now()
		say(t, conn, "a")
		assert.False(t, hears(conn, "a"))
		assert.Equal(t, time.Minute, time.Since(began), "it hears nothing, not even the end")
	}, netlab.HalfOpen{After: 2 * time.Second, Only: netlab.WebSockets, Side: netlab.TargetSide})
}

func TestIdleTimeout(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		conn := s.mustDial()
		for range 10 {
			time.Sleep(2 * time.Second)
			say(t, conn, "a")
			require.True(t, hears(conn, "a"), "traffic keeps it")
		}
		began := time.Now()
		assert.False(t, hears(conn, ""))
		assert.Equal(t, 3*time.Second, time.Since(began))
		assert.EqualValues(t, 1, s.lab.Count("idle-timeout"))
	}, netlab.IdleTimeout{After: 3 * time.Second})
}

func TestCutNow(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		for range 20 {
			conn := s.mustDial()
			say(t, conn, "a")
			require.True(t, hears(conn, "a"))
			assert.Equal(t, 1, s.lab.Cut(netlab.RST))
			assert.False(t, hears(conn, ""))
			synctest.Wait()
		}
		assert.EqualValues(t, 20, s.lab.Count("cut"))
	})
}

// TestFreeze is about connections that are open: others are as before.
func TestFreeze(t *testing.T) {
	for how, told := range map[netlab.Ending]bool{netlab.Freeze: false, netlab.FreezeUp: false, netlab.FreezeDown: true} {
		within(t, func(t *testing.T, s *site) {
			conn := s.mustDial()
			say(t, conn, "a")
			require.True(t, hears(conn, "a"))
			assert.Equal(t, 1, s.lab.Cut(how))
			say(t, conn, "b")
			began := time.Now()
			assert.False(t, hears(conn, "b"))
			assert.Equal(t, time.Minute, time.Since(began), "it hears nothing, not even an end")
			want := []string{"ws a"}
			if told {
				want = append(want, "ws b")
			}
			assert.Equal(t, want, s.noticed())

			conn = s.mustDial()
			say(t, conn, "c")
			assert.True(t, hears(conn, "c"))
		})
	}
}

func TestAwait(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		reached := make(chan error, 1)
		go func() { reached <- s.lab.Await(t.Context(), "requests", 2) }()
		s.mustEcho("one")
		synctest.Wait()
		assert.Empty(t, reached)
		s.mustEcho("two")
		assert.NoError(t, <-reached)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.ErrorIs(t, s.lab.Await(ctx, "requests", 3), context.DeadlineExceeded)
	})
}
