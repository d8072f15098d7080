// Package post is what the transports share that take frames by POST: reading the request, refusing it, and answering it with a frame.
package post

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
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
	c := host.Codec(r.URL.Query().Get("codec"))
	if refused := check(host, c, w, r); refused != nil {
		return Request{}, refused
	}
	refuse := func(status int, code, message string) (Request, *Refusal) {
		return Request{}, refusal(c, status, code, message)
	}
	tooLarge := fmt.Sprintf("the body is over %d bytes", host.MaxFrame())
	if r.ContentLength > int64(host.MaxFrame()) {
		return refuse(http.StatusRequestEntityTooLarge, transport.CodePayloadTooLarge, tooLarge)
	}
	frame, err := buffer.ReadFrame(newBody(w, r, host.WriteTimeout()), host.MaxFrame())
	switch {
	case errors.Is(err, buffer.ErrTooLarge):
		return refuse(http.StatusRequestEntityTooLarge, transport.CodePayloadTooLarge, tooLarge)
	case err != nil:
		return refuse(http.StatusBadRequest, transport.CodeProtocol, "the body could not be read to its end")
	default:
		return Request{Codec: c, Frame: frame}, nil
	}
}

func check(host transport.Host, c codec.Codec, w http.ResponseWriter, r *http.Request) *Refusal {
	version := strconv.Itoa(codec.Version)
	encoding := strings.Join(r.Header.Values("Content-Encoding"), ", ")
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		return refusal(c, http.StatusMethodNotAllowed, transport.CodeProtocol, "this takes POST")
	case r.URL.Query().Get("v") != version:
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
	if header == "" {
		return c.Binary()
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
