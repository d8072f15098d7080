package hawser

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/url"
)

// A User is whoever a session belongs to. The zero User is anonymous.
type User struct {
	// ID tells users apart. A session keeps the one that it began with. "" is anonymous.
	ID string
	// Data is what the application wants to know of the user. It is shared by all who ask: do not change it.
	Data any
}

// A Request is what is kept of the request that created a session, copied once: the session outlives it.
type Request struct {
	Host       string
	RemoteAddr string
	URL        *url.URL
	Header     http.Header
	TLS        *tls.ConnectionState
	values     map[string]any
}

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

func keep(r *http.Request) *Request {
	values, _ := r.Context().Value(requestValues{}).(map[string]any)
	u := *r.URL
	return &Request{Host: r.Host, RemoteAddr: r.RemoteAddr, URL: &u, Header: r.Header.Clone(), TLS: r.TLS, values: values}
}

// again returns the request as Authenticate wants it, when a client sends a fresh token long after it.
func (r *Request) again(ctx context.Context) *http.Request {
	u := *r.URL
	again := &http.Request{
		Method: http.MethodPost, URL: &u, Host: r.Host, RemoteAddr: r.RemoteAddr, Header: r.Header.Clone(), TLS: r.TLS,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
	return again.WithContext(context.WithValue(ctx, requestValues{}, r.values))
}
