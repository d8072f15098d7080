package hawser

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// A Request is what is kept of the request that created a session, copied once: the session outlives it. It is kept as one string, in a third of the
// memory that maps would take, and read when somebody asks. Its methods may be called at the same time.
type Request struct {
	fields fields // the host, the address, the URL, then the name and the value of each header
	tls    *tls.ConnectionState
	values map[string]any
}

// Host returns the host that the client asked for.
func (r *Request) Host() string { return r.fields.at(0) }

// RemoteAddr returns the address of the client, or of the proxy before it.
func (r *Request) RemoteAddr() string { return r.fields.at(1) }

// URL returns the URL that the client asked for, as a copy.
func (r *Request) URL() *url.URL {
	u, err := url.Parse(r.fields.at(2))
	if err != nil { // never: it was one
		return &url.URL{}
	}
	return u
}

// Header returns the request's headers, as a copy: keep it rather than ask for each. Headers that concern only the connection are not kept: Connection,
// Upgrade, Content-Length, Content-Type, and the key, the version and the extensions of a WebSocket's handshake.
func (r *Request) Header() http.Header {
	h := http.Header{}
	_, rest := r.fields.next()
	_, rest = rest.next()
	_, rest = rest.next()
	for rest != "" {
		var name, value string
		name, rest = rest.next()
		value, rest = rest.next()
		h[name] = append(h[name], value)
	}
	return h
}

// TLS returns the state of the TLS connection that the request came by, or nil. It is shared: do not change it.
func (r *Request) TLS() *tls.ConnectionState { return r.tls }

// Value returns a value that WithRequestValue had put there: what an adapter picked from its framework's context.
func (r *Request) Value(key string) any { return r.values[key] }

type requestValues struct{}

// WithRequestValue returns a request with a value that Authenticate finds by RequestValue and sessions by Session.Request().Value. Adapters
// use it, and so may any middleware around the server. Only the values of the request that creates a session are kept.
func WithRequestValue(r *http.Request, key string, value any) *http.Request {
	values := map[string]any{key: value}
	before, _ := r.Context().Value(requestValues{}).(map[string]any)
	for k, v := range before {
		if k != key {
			values[k] = v
		}
	}
	return r.WithContext(context.WithValue(r.Context(), requestValues{}, values))
}

// RequestValue returns what WithRequestValue put there, or nil.
func RequestValue(r *http.Request, key string) any {
	values, _ := r.Context().Value(requestValues{}).(map[string]any)
	return values[key]
}

// ofConnection are the headers that say nothing about the session.
var ofConnection = []string{
	"Connection", "Upgrade", "Content-Length", "Content-Type",
	"Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions",
}

func keep(r *http.Request) Request {
	values, _ := r.Context().Value(requestValues{}).(map[string]any)
	lent := kept.Get().(*[]byte)
	b := appendField((*lent)[:0], r.Host)
	b = appendField(b, r.RemoteAddr)
	b = appendField(b, r.URL.String())
	for name, all := range r.Header {
		if slices.Contains(ofConnection, name) {
			continue
		}
		for _, value := range all {
			b = appendField(appendField(b, name), value)
		}
	}
	k := Request{fields: fields(b), tls: r.TLS, values: values}
	clear(b) // there are credentials in it
	if cap(b) <= maxKept {
		*lent = b
		kept.Put(lent)
	}
	return k
}

// maxKept is the most bytes whose memory is used again.
const maxKept = 16 << 10

// kept are for what is kept of a request, until it is one string.
var kept = sync.Pool{New: func() any { return new([]byte) }}

// again returns the request as Authenticate wants it, when a client sends a fresh token long after it.
func (r *Request) again(ctx context.Context) *http.Request {
	again := &http.Request{
		Method: http.MethodPost, URL: r.URL(), Host: r.Host(), RemoteAddr: r.RemoteAddr(), Header: r.Header(), TLS: r.tls,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
	return again.WithContext(context.WithValue(ctx, requestValues{}, r.values))
}

// fields are strings in one, each after its length.
type fields string

func appendField(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// next returns the first field, and what follows it.
func (f fields) next() (field string, rest fields) {
	n, shift := 0, 0
	for i := range len(f) {
		n |= int(f[i]&0x7F) << shift
		if shift += 7; f[i] < 0x80 {
			return string(f[i+1 : i+1+n]), f[i+1+n:]
		}
	}
	return "", ""
}

func (f fields) at(i int) string {
	field, rest := f.next()
	for range i {
		field, rest = rest.next()
	}
	return field
}
