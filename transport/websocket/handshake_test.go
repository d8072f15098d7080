package websocket

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	aKey     = "dGhlIHNhbXBsZSBub25jZQ==" // of RFC 6455 §1.3
	patience = time.Minute
)

func handshake(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/realtime/websocket", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

// A hijackable response gives away one end of a pipe, from which something may have been read already.
type hijackable struct {
	http.ResponseWriter
	conn  net.Conn
	ahead string
}

func (h hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	in := bufio.NewReader(strings.NewReader(h.ahead))
	_, _ = in.Peek(len(h.ahead))
	return h.conn, bufio.NewReadWriter(in, bufio.NewWriter(h.conn)), nil
}

func TestTheHandshakeIsAnsweredAsRFC6455Says(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	r := handshake("Connection", "keep-alive, Upgrade", "Upgrade", "WebSocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", aKey)
	require.True(t, isUpgrade(r))
	upgraded := make(chan bool, 1)
	go func() {
		below, ok := upgrade(hijackable{conn: server}, r, "hawser.v1.json", patience)
		upgraded <- ok
		_ = below.Write([]byte("goes on"))
	}()
	reading := bufio.NewReader(client)
	answer, err := http.ReadResponse(reading, r)
	require.NoError(t, err)
	defer answer.Body.Close()
	assert.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	assert.Equal(t, http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Accept": {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, "Sec-Websocket-Protocol": {"hawser.v1.json"},
	}, answer.Header)
	assert.True(t, <-upgraded)
	on := make([]byte, len("goes on"))
	_, err = io.ReadFull(reading, on)
	require.NoError(t, err)
	assert.Equal(t, "goes on", string(on))
}

// Before the answer a client may not know whether its frames are understood.
func TestAClientThatSpeaksBeforeTheAnswerIsRefused(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	r := handshake("Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", aKey)
	_, ok := upgrade(hijackable{conn: server, ahead: "\x81"}, r, "hawser.v1.json", patience)
	assert.False(t, ok)
	_, err := client.Read(make([]byte, 1))
	require.Error(t, err, "it is closed without an answer")
}

func TestAHandshakeOfAnotherVersionIsToldOurs(t *testing.T) {
	w := httptest.NewRecorder()
	_, ok := upgrade(w, handshake("Sec-WebSocket-Version", "8", "Sec-WebSocket-Key", aKey), "", patience)
	assert.False(t, ok)
	assert.Equal(t, http.StatusUpgradeRequired, w.Code)
	assert.Equal(t, "13", w.Header().Get("Sec-WebSocket-Version"))
}

// What gorilla's upgrader takes is taken here, and of what it refuses only lists that are no lists of tokens. A recorder cannot be taken over: whoever comes
// so far is told 500.
func FuzzHandshake(f *testing.F) {
	f.Add("Upgrade", "websocket", "13", aKey)
	f.Add("keep-alive, Upgrade", "WebSocket", "8, 13", aKey)
	f.Add("close", "websocket", "13", aKey)
	f.Add("upgrade", "h2c, websocket", "13", "c2hvcnQ=")
	f.Add("upgrade,", ",websocket", " 13 ", "AAAAAAAAAAAAAAAAAAAAAA==")
	f.Add("upgrade", "websocket", "13", "AAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, connection, upgradeTo, version, key string) {
		for _, value := range []string{connection, upgradeTo, version, key} {
			if strings.ContainsAny(value, "\r\n") {
				t.Skip("no header has it")
			}
		}
		r := handshake("Connection", connection, "Upgrade", upgradeTo, "Sec-WebSocket-Version", version, "Sec-WebSocket-Key", key)
		theirs := httptest.NewRecorder()
		_, _ = (&gorilla.Upgrader{}).Upgrade(theirs, r, nil)
		taken := false
		if isUpgrade(r) {
			ours := httptest.NewRecorder()
			_, ok := upgrade(ours, r, "hawser.v1.json", patience)
			require.False(t, ok)
			taken = ours.Code == http.StatusInternalServerError
		}
		if theirs.Code == http.StatusInternalServerError {
			assert.True(t, taken)
		}
		if simple := !strings.ContainsAny(connection+upgradeTo+version, " \t,\"\\"); simple && taken {
			assert.Equal(t, http.StatusInternalServerError, theirs.Code)
		}
	})
}
