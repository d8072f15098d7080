package post

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/response"
)

// Answer writes one frame as the whole response.
func Answer(out *response.Writer, c codec.Codec, status int, frame []byte) error {
	response.SetHeader(out.Header(), contentType(c))
	out.Header().Set("Content-Length", strconv.Itoa(len(frame)))
	out.WriteHeader(status)
	_, err := out.Write(frame)
	return err
}

// Refuse answers with a close packet, or with its message as text if the request named no codec. Nothing may have been written before. It
// writes to w itself, not past the middleware, which so sees the status.
func Refuse(w http.ResponseWriter, e *Refusal) {
	text := []byte(e.Close.Message + "\n")
	kind := "text/plain; charset=utf-8"
	if e.Codec != nil {
		if frame, err := e.Codec.AppendPacket(nil, e.Close.Packet()); err == nil {
			text, kind = frame, contentType(e.Codec)
		}
	}
	response.SetHeader(w.Header(), kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(e.Status)
	_, _ = w.Write(text) // whoever is not there to read it needs no answer
}

// Unavailable is the refusal of a request whose response w cannot be what the transport needs.
func Unavailable(c codec.Codec, e *response.HiddenError) *Refusal {
	return refusal(c, http.StatusNotImplemented, transport.CodeUnavailable, e.Error())
}

// Status returns the HTTP status of an answer that ends with last, by docs/protocol.md §3.
func Status(last error) int {
	var e *transport.CloseError
	if !errors.As(last, &e) {
		return http.StatusOK
	}
	switch e.Code {
	case transport.CodeProtocol, transport.CodeLeap, transport.CodeVersion:
		return http.StatusBadRequest
	case transport.CodePayloadTooLarge:
		return http.StatusRequestEntityTooLarge
	default:
		return http.StatusOK
	}
}

func contentType(c codec.Codec) string {
	if c.Binary() {
		return "application/octet-stream"
	}
	return "text/plain; charset=utf-8"
}
