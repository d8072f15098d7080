package line

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// hello takes the packet that opens a wire: docs/protocol.md §3.1.
func (w *Wire) hello(ctx context.Context, p *codec.Packet) error {
	if w.line.Load() != nil {
		return protocolError("a second hello on a wire")
	}
	if w.refusals == maxRefusals {
		return protocolError("after %d hellos for sessions that there are not, no more", maxRefusals)
	}
	var h codec.Hello
	if err := codec.DecodeHello(w.codec, p.Data, &h); err != nil {
		return protocolError("hello: %v", err)
	}
	if err := check(&h); err != nil {
		return err
	}
	w.own.Lock()
	w.discards = false
	w.own.Unlock()
	l, fresh, err := w.registry.find(ctx, w, &h)
	switch {
	case err != nil:
		return err
	case l == nil:
		w.gone()
		return nil
	case l.codec.Name() != w.codec.Name():
		return protocolError("the session speaks %s, this wire %s", l.codec.Name(), w.codec.Name())
	}
	if err := w.examine(l, h.Token); err != nil {
		return err
	}
	return w.join(l, &h, fresh)
}

// maxRefusals is how many hellos of a wire may be answered by gone. A client needs one or two; each takes memory until it is read.
const maxRefusals = 16

// check looks at what a hello says.
func check(h *codec.Hello) error {
	if h.V != codec.Version {
		return &transport.CloseError{Code: transport.CodeVersion, Message: fmt.Sprintf("this server speaks version %d, not %d", codec.Version, h.V)}
	}
	if h.Key == "" && h.SID != "" {
		return protocolError("hello: a sid without its key")
	}
	if h.Key != "" {
		if err := checkKey(h.Key); err != nil {
			return err
		}
	}
	if err := checkLost(h); err != nil {
		return err
	}
	if h.Wire == 0 || h.Claim == 0 {
		return protocolError("hello: wire and claim count from 1")
	}
	if max(h.Wire, h.Claim, h.Recv, h.Wait) > codec.MaxInt {
		return protocolError("hello: a number over 2^53 - 1")
	}
	return nil
}

func checkKey(key string) error {
	if len(key) < 22 || len(key) > 64 {
		return protocolError("hello: a key has 22 to 64 characters, not %d", len(key))
	}
	if strings.ContainsFunc(key, notBase64URL) {
		return protocolError("hello: a key is made of A-Z, a-z, 0-9, - and _")
	}
	return nil
}

// checkLost looks at the session that the client says it has lost.
func checkLost(h *codec.Hello) error {
	switch {
	case h.Lost == nil:
		return nil
	case h.SID != "":
		return protocolError("hello: lost goes with a hello that creates a session")
	case h.Lost.SID == "" || len(h.Lost.SID) > maxSID:
		return protocolError("hello: lost names a session by its sid, of at most %d bytes", maxSID)
	case h.Lost.Key == h.Key:
		return protocolError("hello: a session cannot have lost itself")
	}
	return checkKey(h.Lost.Key)
}

// maxSID is more than any server's ids have.
const maxSID = 255

func notBase64URL(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		return false
	}
	return true
}

// gone answers a hello for a session that is not here. Until the next hello, what follows is dropped.
func (w *Wire) gone() {
	w.own.Lock()
	defer w.own.Unlock()
	w.discards = true
	w.refusals++
	w.controlLocked(&codec.Packet{Kind: codec.KindGone, Message: errGone.Message})
	wakeSink(w)
	if !w.once {
		w.awaitHello(w.refusals)
	}
}

// awaitHello ends a wire that was told gone and says no other hello: no line watches over it.
func (w *Wire) awaitHello(refusals uint32) {
	time.AfterFunc(w.registry.options.PongWithin, func() {
		m := w.lock()
		defer m.Unlock()
		if w.discards && w.refusals == refusals && w.closed == nil {
			w.closeLocked(&transport.CloseError{Code: codeHeartbeat, Message: "no hello came"})
			wakeSink(w)
		}
	})
}

// examine looks at the credentials that the wire shows, if they are not the ones accepted last. A POST that only brings shows none of its own.
func (w *Wire) examine(l *Line, token string) error {
	shown := credentialsOf(w.request, token)
	l.mu.Lock()
	known := l.credentials.covers(shown) || l.stage != alive
	l.mu.Unlock()
	if known || w.sink == nil {
		return nil
	}
	if err := l.app.Reauthenticate(w.request, token); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.credentials = shown
	return nil
}

// join makes the wire one of l's. One that waited for a fresh line is told why it has ended already, if the application refuses it at once.
func (w *Wire) join(l *Line, h *codec.Hello, fresh bool) error {
	joined, err := w.tryJoin(l, h, fresh)
	if err == nil && !joined {
		w.gone()
	}
	return err
}

func (w *Wire) tryJoin(l *Line, h *codec.Hello, fresh bool) (joined bool, err error) {
	w.own.Lock()
	defer w.own.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.closed != nil { // while the application was asked
		return false, w.closed
	}
	if l.stage == ending && h.SID == "" && !fresh { // a hello never opens what has ended
		return false, nil
	}
	if err := l.ackLocked(h.Recv); err != nil {
		return false, err
	}
	if l.stage == gone {
		return false, nil
	}
	w.resumed = h.SID != ""
	w.request = nil
	l.attachLocked(w, h)
	w.line.Store(l)
	return true, nil
}
