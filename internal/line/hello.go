package line

import (
	"context"
	"fmt"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// hello takes the packet that opens a wire: docs/protocol.md §3.1.
func (w *Wire) hello(p *codec.Packet) error {
	if w.line.Load() != nil {
		return protocolError("a second hello on a wire")
	}
	var h codec.Hello
	if err := codec.Decode(w.codec, p.Data, &h); err != nil {
		return protocolError("hello: %v", err)
	}
	if err := check(&h); err != nil {
		return err
	}
	l, refused := w.registry.find(w, &h)
	if refused != nil {
		return refused
	}
	if l == nil {
		w.gone()
		return nil
	}
	if l.codec != w.codec {
		return protocolError("the session speaks %s, this wire %s", l.codec.Name(), w.codec.Name())
	}
	if err := w.examine(l, h.Token); err != nil {
		return err
	}
	return w.join(l, &h)
}

// check looks at what a hello says.
func check(h *codec.Hello) error {
	if h.V != codec.Version {
		return &transport.CloseError{Code: codeVersion, Message: fmt.Sprintf("this server speaks version %d, not %d", codec.Version, h.V)}
	}
	if h.Key == "" && h.SID != "" {
		return protocolError("hello: a sid without its key")
	}
	if h.Key != "" && (len(h.Key) < 22 || len(h.Key) > 64) {
		return protocolError("hello: a key has 22 to 64 characters, not %d", len(h.Key))
	}
	for _, c := range []byte(h.Key) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return protocolError("hello: a key is made of A-Z, a-z, 0-9, - and _")
		}
	}
	if h.Wire == 0 || h.Claim == 0 {
		return protocolError("hello: wire and claim count from 1")
	}
	if max(h.Wire, h.Claim, h.Recv, h.Wait) > codec.MaxInt {
		return protocolError("hello: a number over 2^53 - 1")
	}
	return nil
}

// gone answers a hello for a session that is not here. Until the next hello, what follows is dropped.
func (w *Wire) gone() {
	w.own.Lock()
	w.discards = true
	w.controlLocked(&codec.Packet{Kind: codec.KindGone, Message: "no such session"})
	w.own.Unlock()
	wakeUp(w)
}

// examine looks at the credentials that the wire shows, if they are not the ones accepted last.
func (w *Wire) examine(l *Line, token string) error {
	shown := credentialsOf(w.request, token)
	l.mu.Lock()
	same, over := l.credentials == shown, l.over
	l.mu.Unlock()
	if same || over || w.sink == nil {
		return nil
	}
	r := w.request.WithContext(context.WithoutCancel(w.request.Context()))
	if err := l.app.Reauthenticate(r, token); err != nil {
		return err
	}
	l.mu.Lock()
	l.credentials = shown
	l.mu.Unlock()
	return nil
}

// join makes the wire one of l's.
func (w *Wire) join(l *Line, h *codec.Hello) error {
	w.own.Lock()
	l.mu.Lock()
	if l.over && h.SID == "" { // a hello never opens what has ended
		l.mu.Unlock()
		w.own.Unlock()
		w.gone()
		return nil
	}
	w.resumed = h.SID != ""
	w.sayWelcome = w.sink != nil
	w.discards = false
	w.request = nil
	if w.sink != nil {
		w.hold = time.Duration(h.Wait) * time.Millisecond
	}
	wake, err := l.attachLocked(w, h)
	if err == nil {
		w.line.Store(l)
	}
	l.mu.Unlock()
	w.own.Unlock()
	for _, o := range wake {
		wakeUp(o)
	}
	if w.hold == 0 {
		wakeUp(w) // for its welcome, which a poll that may be held keeps for its answer
	}
	return err
}

func protocolError(format string, args ...any) error {
	return &transport.CloseError{Code: transport.CodeProtocol, Message: fmt.Sprintf(format, args...)}
}

func tooLarge(n, limit int) error {
	return &transport.CloseError{
		Code:    transport.CodePayloadTooLarge,
		Message: fmt.Sprintf("%d bytes are over the limit of %d", n, limit),
	}
}
