package netlab_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/internal/netlab"
)

func TestBufferedUntilBytes(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		began := time.Now()
		body := s.stream().Body
		first := make([]byte, 1)
		_, err := io.ReadFull(body, first)
		require.NoError(t, err)
		assert.Greater(t, time.Since(began), 20*time.Second, "at 10 bytes a second at most")
		assert.EqualValues(t, 1, s.lab.Count("responses-buffered"))
		synctest.Wait()
		assert.InDelta(t, 500, s.lab.Count("bytes-down"), 10, "not one line later")
		s.mustEcho("an answer that ends comes at once")
	}, netlab.Buffered{Bytes: 500})
}

func TestBufferedForATime(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		began := time.Now()
		body := s.stream().Body
		first := make([]byte, 4)
		_, err := io.ReadFull(body, first)
		require.NoError(t, err)
		assert.Equal(t, 3*time.Second, time.Since(began))
		assert.Equal(t, "0\n1\n", string(first), "and all that came meanwhile")
	}, netlab.Buffered{For: 3 * time.Second})
}

func TestBufferedToTheEnd(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.http.Timeout = time.Hour
		_, err := s.http.Get("http://lab:80/stream")
		assert.Error(t, err, "it has no end")
	}, netlab.Buffered{})
}

func TestImpostors(t *testing.T) {
	for _, c := range []struct {
		fault    netlab.Fault
		status   int
		location string
	}{
		{netlab.BadGateway{}, 502, ""},
		{netlab.CaptivePortal{}, 200, ""},
		{netlab.Redirected{}, 302, "/login"},
		{netlab.Redirected{To: "//portal.test/", Status: 307}, 307, "//portal.test/"},
	} {
		within(t, func(t *testing.T, s *site) {
			for range 2 { // on one connection
				response, body, err := s.post("hello")
				require.NoError(t, err)
				assert.Equal(t, c.status, response.StatusCode)
				assert.Equal(t, c.location, response.Header.Get("Location"))
				assert.Equal(t, "text/html", response.Header.Get("Content-Type"))
				assert.Contains(t, body, "<h1>")
			}
			assert.Empty(t, s.noticed(), "the server sees nothing")
			assert.EqualValues(t, 2, s.lab.Count(c.fault.Name()))
			assert.EqualValues(t, 1, s.lab.Count("connections"))
		}, c.fault)
	}
}

func TestImpostorOfOnePath(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.mustEcho("passes")
		r, err := s.http.Get("http://lab:80/other")
		require.NoError(t, err)
		r.Body.Close()
		assert.Equal(t, http.StatusBadGateway, r.StatusCode)
	}, netlab.BadGateway{Path: "other"})
}

func TestNobodyBehind(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		nobody := netlab.New(netlab.Options{Target: "nobody:80", Dial: s.net.Dial})
		defer nobody.Close()
		nobody.Serve(s.net.Listen("other:80"))
		r, err := s.http.Get("http://other:80/echo")
		require.NoError(t, err)
		r.Body.Close()
		assert.Equal(t, http.StatusBadGateway, r.StatusCode)
	})
}

func TestBodyTooLarge(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		response, _, err := s.post(string(make([]byte, 4<<20+1)))
		require.NoError(t, err)
		assert.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
		assert.Empty(t, s.noticed())
	})
}

func TestAnswersLost(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		_, _, err := s.post("hello")
		assert.Error(t, err)
		assert.Equal(t, []string{"echo 5"}, s.noticed(), "the server handled it")
		assert.EqualValues(t, 1, s.lab.Count("answers-lost"))
		buffer := make([]byte, 2)
		_, err = io.ReadFull(s.stream().Body, buffer)
		assert.NoError(t, err, "streams pass")
	}, netlab.AnswersLost{Path: "echo"})
}

func TestAnswersLostAtTimes(t *testing.T) {
	lost := 0
	within(t, func(t *testing.T, s *site) {
		for range 1000 {
			if _, _, err := s.post("hello"); err != nil {
				lost++
			}
		}
		assert.EqualValues(t, lost, s.lab.Count("answers-lost"))
		assert.Len(t, s.noticed(), 1000)
	}, netlab.AnswersLost{Probability: 0.1})
	assert.InDelta(t, 100, lost, 50)
}

func TestReplayed(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.mustEcho("hello")
		assert.Equal(t, []string{"echo 5", "echo 5"}, s.noticed())
		assert.EqualValues(t, 1, s.lab.Count("post-replayed"))
	}, netlab.Replayed{})
}

func TestDuplicated(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		for _, turn := range []struct{ say, hear string }{{"a", "a"}, {"b", "a"}, {"c", "c"}, {"d", "c"}} {
			_, answer, err := s.post(turn.say)
			require.NoError(t, err)
			assert.Equal(t, turn.hear, answer)
		}
		assert.Equal(t, []string{"echo 1", "echo 1"}, s.noticed())
		assert.EqualValues(t, 2, s.lab.Count("answers-duplicated"))
	}, netlab.Duplicated{})
}

func TestTruncated(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		got, err := io.ReadAll(s.stream().Body)
		require.NoError(t, err, "as if it were all")
		assert.Equal(t, "0\n1\n2", string(got))
		assert.Contains(t, s.noticed(), "stream gone")
		assert.EqualValues(t, 1, s.lab.Count("stream-truncated"))
		s.mustEcho("an answer with a length passes")
	}, netlab.Truncated{Bytes: 5})
}

func TestGzipped(t *testing.T) {
	within(t, func(t *testing.T, s *site) {
		s.lab.Set(netlab.Gzipped{}, netlab.Truncated{Bytes: 20})
		response := s.stream()
		assert.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
		s.lab.Set(netlab.Truncated{Bytes: 5}, netlab.Gzipped{}) // the order is that of the list
		response = s.stream()
		plain, err := gzip.NewReader(response.Body)
		require.NoError(t, err)
		got, err := io.ReadAll(plain)
		require.NoError(t, err)
		assert.Equal(t, "0\n1\n2", string(got))
		assert.EqualValues(t, 2, s.lab.Count("stream-gzipped"))
	})
}
