package websocket

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// oracle is what gorilla makes of a stream.
func oracle(tb testing.TB, kind opcode, stream []byte) transcript {
	tb.Helper()
	ws := replay(tb, stream)
	ws.SetReadLimit(limit)
	said := transcript{said: []string{}}
	note := func(op opcode) func(string) error {
		return func(payload string) error {
			said.said = append(said.said, fmt.Sprintf("%x %x", op, payload))
			return nil
		}
	}
	ws.SetPingHandler(note(opPing))
	ws.SetPongHandler(note(opPong))
	for {
		op, r, err := ws.NextReader()
		if err == nil && opcode(op) != kind {
			said.end = refused + "the message's kind"
			return said
		}
		var message []byte
		if err == nil {
			message, err = io.ReadAll(r)
		}
		var end *gorilla.CloseError
		switch {
		case err == nil:
			_ = note(kind)(string(message))
			continue
		case errors.As(err, &end) && end.Code == gorilla.CloseAbnormalClosure, errors.Is(err, io.EOF):
			said.end = more // the stream has ended
		case errors.As(err, &end):
			said.end = closed + fmt.Sprint(end.Code)
		case errors.Is(err, io.ErrUnexpectedEOF):
			said.end = more
		case strings.HasSuffix(err.Error(), "bad close code 1014"): // it came into IANA's registry later
			said.end = closed + "1014"
		default:
			said.end = refused + err.Error()
		}
		return said
	}
}

// replay returns a server's half of a WebSocket on which the stream comes.
func replay(tb testing.TB, stream []byte) *gorilla.Conn {
	tb.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
	}
	conn := &recording{r: bytes.NewReader(stream)}
	ws, err := (&gorilla.Upgrader{}).Upgrade(conn, r, nil)
	require.NoError(tb, err)
	return ws
}

// A recording is a connection on which a stream comes, and a response that gives it away.
type recording struct {
	http.ResponseWriter
	r io.Reader
}

func (c *recording) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return c, bufio.NewReadWriter(bufio.NewReader(strings.NewReader("")), bufio.NewWriter(io.Discard)), nil
}

func (c *recording) Read(p []byte) (int, error)     { return c.r.Read(p) }
func (*recording) Write(p []byte) (int, error)      { return len(p), nil }
func (*recording) Close() error                     { return nil }
func (*recording) LocalAddr() net.Addr              { return nil }
func (*recording) RemoteAddr() net.Addr             { return nil }
func (*recording) SetDeadline(time.Time) error      { return nil }
func (*recording) SetReadDeadline(time.Time) error  { return nil }
func (*recording) SetWriteDeadline(time.Time) error { return nil }

// FuzzDecoder checks that the decoder makes of any bytes what gorilla makes of them, in whatever pieces they come. Where the decoder is stricter, as
// RFC 6455 has it, it must have agreed up to there.
func FuzzDecoder(f *testing.F) {
	for _, streams := range []map[string][]byte{accepted, refusals} {
		for _, stream := range streams {
			if len(stream) < 1024 {
				f.Add(stream, false, uint8(3))
				f.Add(stream, true, uint8(1))
			}
		}
	}
	f.Add([]byte("\x88\x837\xfa004\f\xde"), false, uint8(3)) // 1014, and a reason that is not UTF-8
	f.Fuzz(func(t *testing.T, stream []byte, isBinary bool, piece uint8) {
		kind := opText
		if isBinary {
			kind = opBinary
		}
		got := decode(kind, stream, whole)
		require.Equal(t, got, decode(kind, stream, bytewise))
		require.Equal(t, got, decode(kind, stream, func(rest []byte) int { return min(len(rest), 1+int(piece)) }))

		want := oracle(t, kind, stream)
		switch {
		case strings.Contains(got.end, "more bytes than it needs"), strings.Contains(got.end, "half a status"),
			strings.Contains(got.end, "the message's kind"): // which is seen before the rest of the header has come
			require.GreaterOrEqual(t, len(want.said), len(got.said))
			require.Equal(t, want.said[:len(got.said)], got.said)
		case got.end == more && strings.Contains(want.end, gorilla.ErrReadLimit.Error()):
			require.Equal(t, want.said, got.said) // a length over 63 bits, which gorilla refuses before the rest of the header has come
		case strings.HasSuffix(want.end, "1014") && strings.Contains(got.end, "reason is not UTF-8"):
			require.Equal(t, want.said, got.said) // gorilla refuses the status before it looks at the reason
		case strings.HasPrefix(want.end, refused):
			require.Contains(t, got.end, refused)
			require.Equal(t, want.said, got.said)
		default:
			require.Equal(t, want, got)
		}
	})
}

// TestFrames checks that gorilla's client reads what is written here.
func TestFrames(t *testing.T) {
	for _, size := range []int{0, 1, 125, 126, 127, 1<<16 - 1, 1 << 16, 1<<16 + 1, limit} {
		payload := []byte(longest[:size])
		stream := appendFrame([]byte("before"), opBinary, payload)
		require.Equal(t, "before", string(stream[:6]))
		ws := listen(t, appendFrame(stream[6:], opText, []byte("after")))
		kind, got, err := ws.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, gorilla.BinaryMessage, kind)
		require.True(t, bytes.Equal(payload, got))
		kind, got, err = ws.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, gorilla.TextMessage, kind)
		require.Equal(t, "after", string(got))
	}
}

func TestCloseFrames(t *testing.T) {
	for _, c := range []struct {
		status       status
		reason, text string
	}{
		{statusNormal, "", ""},
		{statusTooBig, "payload_too_large", "payload_too_large"},
		{statusNone, "is not sent", ""},
		{statusPolicy, longest, longest[:maxReason]},
		{statusPolicy, strings.Repeat("ü", 100), strings.Repeat("ü", 61)},
	} {
		_, _, err := listen(t, appendClose(nil, c.status, c.reason)).ReadMessage()
		require.Equal(t, &gorilla.CloseError{Code: int(c.status), Text: c.text}, err)
	}
}

// listen returns a client's half of a WebSocket on which the stream comes.
func listen(t *testing.T, stream []byte) *gorilla.Conn {
	t.Helper()
	near, far := net.Pipe()
	var serving sync.WaitGroup
	t.Cleanup(func() {
		assert.NoError(t, near.Close())
		serving.Wait()
	})
	serving.Go(func() {
		defer far.Close()
		r, err := http.ReadRequest(bufio.NewReader(far))
		if err != nil {
			return
		}
		accept := sha1.Sum([]byte(r.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		_, _ = fmt.Fprintf(far, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(accept[:]))
		_, _ = far.Write(stream)
	})
	dialer := gorilla.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) { return near, nil }}
	ws, _, err := dialer.Dial("ws://hawser.test/", nil)
	require.NoError(t, err)
	ws.SetCloseHandler(func(int, string) error { return nil }) // nobody would read the answer
	return ws
}
