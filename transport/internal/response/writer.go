package response

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

// ErrKilled is returned by writes after Kill.
var ErrKilled = errors.New("hawser: the response was cut off")

type state int

const (
	open state = iota
	killed
	finished
)

// passed is a deadline that is over, whatever the clock says.
var passed = time.Unix(1, 0)

// A Writer writes to the innermost writer of a response. Each write has a deadline of its own, and between writes there is none, so that a
// response outlives http.Server.WriteTimeout. One goroutine at a time may write; Kill may be called by any.
type Writer struct {
	inner    http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration

	mu    sync.Mutex // guards state and the deadline that belongs to it; never held over a write
	state state
}

// NewWriter takes the response over: the server's deadlines for it no longer count. A write that takes longer than patience fails.
// Call Finish before the handler returns.
func NewWriter(w http.ResponseWriter, patience time.Duration) *Writer {
	inner := Innermost(w)
	out := &Writer{inner: inner, control: http.NewResponseController(inner), patience: patience}
	_ = out.deadline(time.Time{})
	// The server reads on, to see the client leave: its ReadTimeout would look like that.
	_ = out.control.SetReadDeadline(time.Time{})
	return out
}

// Header returns the response's header, to be set before the first write.
func (w *Writer) Header() http.Header { return w.inner.Header() }

// WriteHeader sets the status. What it writes goes out with the next Write.
func (w *Writer) WriteHeader(status int) { w.inner.WriteHeader(status) }

// Write writes p, and everything before it, through to the connection. A writer that cannot flush sends it when the handler returns.
func (w *Writer) Write(p []byte) (int, error) {
	if err := w.deadline(time.Now().Add(w.patience)); err != nil {
		return 0, err
	}
	n, err := w.inner.Write(p)
	if err != nil {
		return n, err
	}
	if err := w.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return n, err
	}
	// HTTP/2 resets a stream whose deadline passes, also while nothing is written; and on HTTP/1 it would hit the next response.
	return n, w.deadline(time.Time{})
}

// Kill makes the write that is going on fail, and all that come later, and with them the connection or the HTTP/2 stream.
func (w *Writer) Kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == open {
		w.state = killed
		_ = w.control.SetWriteDeadline(passed)
	}
}

// Finish lets go of the response. Kill does nothing from then on.
func (w *Writer) Finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state = finished
}

// deadline does nothing where deadlines cannot be set: then the server's own count.
func (w *Writer) deadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state != open {
		return ErrKilled
	}
	_ = w.control.SetWriteDeadline(t)
	return nil
}
