// Package post is what the transports share that take frames by POST: reading the request, refusing it, and answering it with a frame.
package post

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/buffer"
)

// A Request is a POST that has been read.
type Request struct {
	Codec codec.Codec
	Frame []byte // the body: it starts with hello
}

// A Refusal says why a request is no frame, before any session is asked.
type Refusal struct {
	Status int
	Codec  codec.Codec // nil: the request names none that is known
	Close  *transport.CloseError
}

// Read checks a request by docs/protocol.md §3, and reads its body within the host's limits. The refusal is nil if there is none.
func Read(host transport.Host, w http.ResponseWriter, r *http.Request) (Request, *Refusal) {
	c := host.Codec(param(r.URL.RawQuery, "codec"))
	if refused := check(host, c, w, r); refused != nil {
		return Request{}, refused
	}
	refuse := func(status int, code, message string) (Request, *Refusal) {
		return Request{}, refusal(c, status, code, message)
	}
	if r.ContentLength > int64(host.MaxFrame()) {
		return refuse(http.StatusRequestEntityTooLarge, transport.CodePayloadTooLarge, tooLarge(host))
	}
	body := newBody(w, r, host.WriteTimeout())
	defer body.release()
	frame, err := buffer.ReadFrame(body, host.MaxFrame())
	switch {
	case errors.Is(err, buffer.ErrTooLarge):
		return refuse(http.StatusRequestEntityTooLarge, transport.CodePayloadTooLarge, tooLarge(host))
	case err != nil:
		return refuse(http.StatusBadRequest, transport.CodeProtocol, "the body could not be read to its end")
	default:
		return Request{Codec: c, Frame: frame}, nil
	}
}

func tooLarge(host transport.Host) string {
	return fmt.Sprintf("the body is over %d bytes", host.MaxFrame())
}

func check(host transport.Host, c codec.Codec, w http.ResponseWriter, r *http.Request) *Refusal {
	version := strconv.Itoa(codec.Version)
	encoding := strings.Join(r.Header.Values("Content-Encoding"), ", ")
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		return refusal(c, http.StatusMethodNotAllowed, transport.CodeProtocol, "this takes POST")
	case param(r.URL.RawQuery, "v") != version:
		return refusal(c, http.StatusBadRequest, transport.CodeVersion, "the query has no v="+version)
	case c == nil:
		return refusal(c, http.StatusBadRequest, transport.CodeProtocol,
			"the query's codec is none of "+strings.Join(host.Codecs(), ", "))
	case encoding != "":
		return refusal(c, http.StatusUnsupportedMediaType, transport.CodeProtocol, "a body with Content-Encoding is not taken")
	case !contentTypeFits(r.Header.Get("Content-Type"), c):
		return refusal(c, http.StatusUnsupportedMediaType, transport.CodeProtocol, "the Content-Type is not "+contentType(c))
	default:
		return nil
	}
}

// contentTypeFits holds to the types that need no preflight, and to the ones that people use who write a client by hand.
func contentTypeFits(header string, c codec.Codec) bool {
	switch header {
	case "":
		return c.Binary()
	case "text/plain", "text/plain;charset=UTF-8": // as browsers write it: nothing to parse
		return !c.Binary()
	}
	kind, params, err := mime.ParseMediaType(header)
	if err != nil {
		return false
	}
	if c.Binary() {
		return kind == "application/octet-stream" || kind == "application/msgpack"
	}
	charset, given := params["charset"]
	return (kind == "text/plain" || kind == "application/json") && (!given || strings.EqualFold(charset, "utf-8"))
}

func refusal(c codec.Codec, status int, code, message string) *Refusal {
	return &Refusal{Status: status, Codec: c, Close: &transport.CloseError{Code: code, Message: message}}
}

// param returns the first value of a name in a query, as url.Values.Get does, without a map of all of them.
func param(query, name string) string {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if pair == "" || strings.Contains(pair, ";") || !decodesTo(key, name) {
			continue
		}
		if value, err := url.QueryUnescape(value); err == nil {
			return value
		}
	}
	return ""
}

func decodesTo(key, name string) bool {
	key, err := url.QueryUnescape(key)
	return err == nil && key == name
}
