package post_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/post"
	"github.com/hawser-go/hawser/transport/transporttest"
)

// FuzzRead holds Read to its promise: a request is either the body, whole and within the limit, or refused with a status and a close packet that
// can be read.
func FuzzRead(f *testing.F) {
	f.Add("POST", "v=1&codec=json", "text/plain", "", []byte("[6]"), int64(3))
	f.Add("POST", "v=1&codec=msgpack", "", "", []byte("\x91\x06"), int64(-1))
	f.Add("GET", "v=2&codec=%zz", "text/plain; charset=\xff", "gzip", []byte(nil), int64(1)<<62)
	f.Add("POST", "codec=json&v=1&v=2", "a/b; c", "identity, br", bytes.Repeat([]byte("x"), 5000), int64(0))
	f.Fuzz(func(t *testing.T, method, query, contentType, encoding string, body []byte, length int64) {
		host := transporttest.NewHost()
		host.FrameLimit = 4 << 10
		r := httptest.NewRequest(http.MethodPost, "/send", bytes.NewReader(body))
		r.Method, r.URL.RawQuery, r.ContentLength = method, query, length
		r.Header["Content-Type"] = []string{contentType}
		if encoding != "" {
			r.Header["Content-Encoding"] = []string{encoding}
		}
		w := httptest.NewRecorder()
		request, refused := post.Read(host, w, r)
		if refused == nil {
			assert.True(t, bytes.Equal(body, request.Frame))
			assert.LessOrEqual(t, len(request.Frame), host.FrameLimit)
			assert.NotNil(t, request.Codec)
			assert.Empty(t, encoding)
			return
		}
		post.Refuse(w, refused)
		assert.GreaterOrEqual(t, w.Code, 400)
		if refused.Codec == nil {
			assert.NotEmpty(t, w.Body.String())
			return
		}
		var p codec.Packet
		rest, err := refused.Codec.NextPacket(w.Body.Bytes(), &p)
		assert.NoError(t, err)
		assert.Empty(t, rest)
		assert.Equal(t, codec.KindClose, p.Kind)
		assert.Contains(t, []string{transport.CodeProtocol, transport.CodeVersion, transport.CodePayloadTooLarge}, p.Code)
	})
}
