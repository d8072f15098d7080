package websocket

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it, and not for a secret
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/hawser-go/hawser/transport/internal/buffer"
	"github.com/hawser-go/hawser/transport/internal/socket"
)

// The handshake is RFC 6455 §4.2.

const (
	version = "13"
	// guid is what a key is answered with.
	guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
)

// isUpgrade reports whether a request asks for a WebSocket.
func isUpgrade(r *http.Request) bool {
	return has(r.Header["Connection"], "upgrade") && has(r.Header["Upgrade"], "websocket")
}

// has reports whether one of the comma-separated elements is the token, which is in lower case.
func has(values []string, token string) bool {
	for element := range elements(values) {
		if strings.EqualFold(element, token) {
			return true
		}
	}
	return false
}

// elements yields the comma-separated elements of a header (RFC 9110 §5.6.1).
func elements(values []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, value := range values {
			for more := true; more; {
				var element string
				element, value, more = strings.Cut(value, ",")
				if element = strings.Trim(element, " \t"); element != "" && !yield(element) {
					return
				}
			}
		}
	}
}

// keyOf returns the client's key, or what is wrong with it.
func keyOf(r *http.Request) (key, wrong string) {
	keys := r.Header["Sec-Websocket-Key"]
	if len(keys) != 1 {
		return "", "a WebSocket upgrade has one Sec-WebSocket-Key"
	}
	var nonce [18]byte // as long as what has 24 characters may be
	if n, err := base64.StdEncoding.Decode(nonce[:], []byte(keys[0][:min(len(keys[0]), 24)])); err != nil || n != 16 || len(keys[0]) != 24 {
		return "", "the Sec-WebSocket-Key is not 16 bytes in base64"
	}
	return keys[0], ""
}

// upgrade takes over the connection below a WebSocket, of which nothing but the handshake has been read or written. It reports false if it has answered.
func upgrade(w http.ResponseWriter, r *http.Request, protocol string, patience time.Duration) (below socket.Conn, ok bool) {
	if !has(r.Header["Sec-Websocket-Version"], version) {
		w.Header().Set("Sec-Websocket-Version", version)
		http.Error(w, "the WebSocket's version is not "+version, http.StatusUpgradeRequired)
		return below, false
	}
	key, wrong := keyOf(r)
	if wrong != "" {
		http.Error(w, wrong, http.StatusBadRequest)
		return below, false
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return below, false
	}
	below = socket.New(conn, patience)
	lent := buffer.Get()
	defer buffer.Put(lent)
	*lent = appendAccepted(*lent, key, protocol)
	// A client that has said more than the handshake would not wait for the answer.
	if buffered.Reader.Buffered() > 0 || below.Write(*lent) != nil {
		_ = conn.Close()
		return below, false
	}
	return below, true
}

func appendAccepted(dst []byte, key, protocol string) []byte {
	var proof [64]byte
	sum := sha1.Sum(append(append(proof[:0], key...), guid...)) //nolint:gosec // the same
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	dst = base64.StdEncoding.AppendEncode(dst, sum[:])
	dst = append(dst, "\r\nSec-WebSocket-Protocol: "...)
	dst = append(dst, protocol...)
	return append(dst, "\r\n\r\n"...)
}
