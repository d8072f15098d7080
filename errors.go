package hawser

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// A Code says what went wrong, in one word that client and server share: docs/protocol.md §2.5. Applications may use their own.
type Code string

// The codes that Hawser itself uses.
const (
	CodeBadRequest      Code = "bad_request"
	CodeUnauthorized    Code = "unauthorized"
	CodeForbidden       Code = "forbidden"
	CodeNotFound        Code = "not_found"
	CodeTimeout         Code = "timeout"
	CodeCanceled        Code = "canceled"
	CodeInternal        Code = "internal"
	CodePayloadTooLarge Code = "payload_too_large"
	CodeRateLimited     Code = "rate_limited"
	CodeUnavailable     Code = "unavailable"

	// Of the end of a session.
	CodeClosed       Code = "closed"
	CodeExpired      Code = "expired"
	CodeOverflow     Code = "overflow"
	CodeReplaced     Code = "replaced" // the client has lost it, and begun another one
	CodeTokenExpired Code = "token_expired"
	CodeProtocol     Code = "protocol"
	CodeGoingAway    Code = "going_away"
)

// An Error is an error that the other side is told: a handler returns one to answer with its code and message, of which 1 KiB each is sent. A context's
// own errors reach the client as CodeTimeout and CodeCanceled, all others as CodeInternal without their text, which goes to the log.
type Error struct {
	Code    Code
	Message string
	// Retry is when to try again, of an error that Authenticate or OnConnect returns; 0: no advice. The answer to a call has no place for it: use Data.
	Retry time.Duration
	// Data is anything more, for the program on the other side. In an error that a client answered it is what was received: see Bind.
	Data any

	cause error
	codec codec.Codec // of Data, if it was received
}

// Bind decodes the Data of an error that a client answered into v, a pointer. Where there is none, it leaves v as it is. It fails where the data does not fit,
// and for an error that no client answered.
func (e *Error) Bind(v any) error {
	if e.Data == nil {
		return nil
	}
	received, ok := e.Data.(codec.Payload)
	if !ok || e.codec == nil {
		return errors.New("hawser: the data of the error was not received, so there is nothing to decode")
	}
	return codec.Decode(e.codec, received, v)
}

// Errorf makes an Error. The message is for people, and should say what to do. A %w is kept for errors.Is, on this side only.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

func (e *Error) Error() string {
	if e.Message == "" {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Message
}

// Unwrap returns what a %w of Errorf wrapped.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors with the same code the same for errors.Is.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == "" // the ones below
}

// Errors to compare with, by errors.Is.
var (
	ErrUnauthorized = &Error{Code: CodeUnauthorized}
	ErrForbidden    = &Error{Code: CodeForbidden}
	ErrNotFound     = &Error{Code: CodeNotFound}
	ErrTimeout      = &Error{Code: CodeTimeout}
	ErrCanceled     = &Error{Code: CodeCanceled}

	// ErrSessionEnded is returned by what is asked of a session that is over.
	ErrSessionEnded = errors.New("hawser: the session has ended")
	// ErrNobody is returned for the anonymous user, "": that is not one user, but everybody without a name.
	ErrNobody = &Error{Code: CodeBadRequest, Message: "the anonymous user is nobody in particular"}
	// ErrOverflow is returned by Send when the client does not keep up and a bound is passed. The session ends.
	ErrOverflow = errors.New("hawser: too much waits for this client: the session ends")
)

// An EndError is why a session ended: the cause of its context.
type EndError struct {
	Code    Code
	Message string
	// ByClient is set where the client ended it.
	ByClient bool
}

func (e *EndError) Error() string {
	by := "the server"
	if e.ByClient {
		by = "the client"
	}
	s := fmt.Sprintf("hawser: the session was ended by %s: %s", by, e.Code)
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// Is makes every EndError ErrSessionEnded for errors.Is.
func (e *EndError) Is(target error) bool { return target == ErrSessionEnded }

// told returns what the other side is told of an error. Whatever is not meant for it becomes CodeInternal.
func told(err error) (e *Error, internal bool) {
	switch {
	case errors.As(err, &e):
		return e, false
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: CodeTimeout, Message: "it took too long"}, false
	case errors.Is(err, context.Canceled):
		return &Error{Code: CodeCanceled}, false
	}
	return &Error{Code: CodeInternal, Message: failed}, true
}

const failed = "the server failed; its log says why"

// orNil makes nothing of a nil *Error, which a function that declares its result as an *Error returns.
func orNil(err error) error {
	if e, ok := err.(*Error); ok && e == nil { //nolint:errorlint // the nil itself
		return nil
	}
	return err
}

// close says the same of a wire.
func (e *Error) close() *transport.CloseError {
	return &transport.CloseError{Code: string(e.Code), Message: e.Message, Retry: e.Retry}
}
