package websocket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/hawser-go/hawser/transport"
)

// A status says in a close frame why a WebSocket ends: RFC 6455 §7.4.
type status uint16

const (
	statusNormal        status = 1000
	statusGoingAway     status = 1001
	statusProtocolError status = 1002
	statusNone          status = 1005 // the close frame has none
	statusPolicy        status = 1008
	statusTooBig        status = 1009
	statusInternal      status = 1011
)

// valid reports whether a peer may send the status: those that RFC 6455 and IANA's registry define for the wire, and those that are left to
// libraries and applications.
func (s status) valid() bool {
	switch s {
	case 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014:
		return true
	default:
		return 3000 <= s && s <= 4999
	}
}

// parseClose returns the status in the payload of the peer's close frame.
func parseClose(payload []byte) (status, error) {
	switch len(payload) {
	case 0:
		return statusNone, nil
	case 1:
		return 0, violation("a close frame with half a status")
	}
	s := status(binary.BigEndian.Uint16(payload))
	if !s.valid() {
		return 0, violation(fmt.Sprintf("a close frame with the status %d", s))
	}
	if !utf8.Valid(payload[2:]) {
		return 0, violation("a close frame whose reason is not UTF-8")
	}
	return s, nil
}

// appendClose appends a close frame. The reason is cut to what fits.
func appendClose(dst []byte, s status, reason string) []byte {
	if s == statusNone {
		return appendFrame(dst, opClose, nil)
	}
	start := len(dst)
	dst = binary.BigEndian.AppendUint16(reserve(dst), uint16(s))
	for len(reason) > maxReason || !utf8.ValidString(reason) {
		reason = reason[:min(len(reason)-1, maxReason)]
	}
	return seal(append(dst, reason...), start, opClose)
}

// appendCloseFor appends the close frame that follows a close packet, by docs/protocol.md §3.
func appendCloseFor(dst []byte, last error) []byte {
	var e *transport.CloseError
	if !errors.As(last, &e) {
		return appendClose(dst, statusInternal, "")
	}
	return appendClose(dst, statusOf(e.Code), e.Code)
}

func statusOf(code string) status {
	switch code {
	case transport.CodeProtocol, transport.CodeLeap:
		return statusProtocolError
	case transport.CodePayloadTooLarge:
		return statusTooBig
	case transport.CodeUnauthorized, transport.CodeForbidden, transport.CodeVersion, transport.CodeRateLimited,
		transport.CodeUnavailable, transport.CodeBusy:
		return statusPolicy
	default:
		return statusNormal
	}
}

func violation(what string) error {
	return &transport.CloseError{Code: transport.CodeProtocol, Message: "WebSocket: " + what}
}
