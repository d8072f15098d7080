package sse

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/hawser-go/hawser/transport/internal/response"
)

// takeOver returns the connection below a response, of which nothing has been written, and the fields of its header: net/http's buffers and its two
// goroutines go. It returns nil where that cannot be: not with HTTP/2, and not behind what hides the connection. Where middleware has given the request a
// deadline, the handler may not return before.
func takeOver(w http.ResponseWriter, r *http.Request, contentType string) (net.Conn, []byte) {
	if _, limited := r.Context().Deadline(); limited || r.ProtoMajor != 1 || response.Hijackable(w) != nil {
		return nil, nil
	}
	inner := response.Innermost(w)
	below, _, err := http.NewResponseController(inner).Hijack() // what has come behind the body is not read: the connection ends with the stream
	if err != nil {
		return nil, nil
	}
	h := inner.Header().Clone()
	response.SetHeader(h, contentType)
	h.Del("Transfer-Encoding") // until the connection ends, and not in chunks: haproxy, of which nothing is set, would keep a chunk for 200 ms
	h.Set("Connection", "close")
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	var fields bytes.Buffer
	_ = h.Write(&fields)
	fields.WriteString("\r\n")
	return below, fields.Bytes()
}

// appendHead appends the head of a response.
func appendHead(dst []byte, status int, fields []byte) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, http.StatusText(status)...)
	dst = append(dst, "\r\n"...)
	return append(dst, fields...)
}
