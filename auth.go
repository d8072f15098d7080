package hawser

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// errOtherUser: a wire or a token shows somebody else than the session's user.
var errOtherUser = &Error{Code: CodeForbidden, Message: "the session belongs to another user"}

// ofWire is the context of a request whose wire may lose its race while the application is asked: the others wait for the answer too.
func ofWire(r *http.Request) context.Context { return context.WithoutCancel(r.Context()) }

// authenticate says whose the credentials are. The error has CodeUnauthorized, which is final, or CodeUnavailable.
func (s *Server) authenticate(ctx context.Context, r *http.Request, token string) (User, *Error) {
	if s.options.Authenticate == nil {
		return User{}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.AuthTimeout)
	defer cancel()
	user, err := s.callAuthenticate(r.WithContext(ctx), token)
	switch {
	case err == nil && !user.Expires.IsZero() && !user.Expires.After(time.Now()):
		return User{}, &Error{Code: CodeUnauthorized, Message: "the token has expired"}
	case err == nil:
		return user, nil
	case errors.Is(err, ErrUnauthorized), errors.Is(err, ErrForbidden):
		return User{}, &Error{Code: CodeUnauthorized, Message: cmp.Or(messageOf(err), "the credentials are refused")}
	}
	s.options.Logger.Warn("hawser: Authenticate failed; the client is told to try again", "error", err)
	e := &Error{Code: CodeUnavailable, Message: cmp.Or(messageOf(err), "cannot say now who you are"), Retry: 2 * time.Second}
	if told := (*Error)(nil); errors.As(err, &told) {
		e.Retry = cmp.Or(told.Retry, e.Retry)
	}
	return User{}, e
}

// messageOf returns what an error says that is meant for the client.
func messageOf(err error) string {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Message
	}
	return ""
}

// callAuthenticate turns a panic into an error, which is not a refusal.
func (s *Server) callAuthenticate(r *http.Request, token string) (user User, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.options.Logger.Error("hawser: Authenticate panicked", "panic", p, "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	user, err = s.options.Authenticate(r, token)
	return user, orNil(err)
}

var errPanicked = errors.New("it panicked")

// reauthenticate examines fresh credentials: they must be the same user's.
func (s *clientSession) reauthenticate(ctx context.Context, r *http.Request, token string) *Error {
	user, refused := s.server.authenticate(ctx, r, token)
	switch {
	case refused != nil:
		return refused
	case user.ID != s.User().ID:
		return errOtherUser
	}
	s.refreshed(&user) // what follows does not end with the wire that showed the token
	return nil
}

// Reauthenticate implements line.Session.
func (s *clientSession) Reauthenticate(r *http.Request, token string) *transport.CloseError {
	if refused := s.reauthenticate(ofWire(r), r, token); refused != nil {
		return refused.close()
	}
	return nil
}

// handleToken takes a fresh token.
func (s *clientSession) handleToken(p *codec.Packet) {
	if s.ctx.Err() != nil { // nobody waits for the answer any more
		return
	}
	again := s.request.again(s.ctx)
	refused := s.reauthenticate(again.Context(), again, p.Token)
	s.answer(s.context(OpConnect), p.ID, orNil(refused))
}
