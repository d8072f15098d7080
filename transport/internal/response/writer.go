package response

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// ErrKilled is returned by writes after Kill.
	ErrKilled = errors.New("hawser: the response was cut off")
	// ErrStalled is returned by a write that took too long.
	ErrStalled = fmt.Errorf("hawser: the peer does not read its response: %w", os.ErrDeadlineExceeded)
)

type state int

const (
	open state = iota
	killed
	finished
)

// passed is a deadline that is over, whatever the clock says.
var passed = time.Unix(1, 0)

// A Writer writes to the innermost writer of a response. Its writes have deadlines of their own, so that a response outlives
// http.Server.WriteTimeout. One goroutine at a time may write; Kill may be called by any.
type Writer struct {
	inner    http.ResponseWriter
	patience time.Duration
	// rolling: a deadline that passes while nothing is written does no harm, so it is not moved for every write. HTTP/2 resets
	// such a stream.
	rolling bool
	stalled atomic.Bool

	mu    sync.Mutex // guards state and the deadline that belongs to it; never held over a write
	state state
	until time.Time // the deadline that is set; zero: none
}

// NewWriter takes the response over: the server's deadlines for it no longer count. A write that takes longer than patience fails,
// and one that takes less than three quarters of it does not. Call Finish before the handler returns.
func NewWriter(w http.ResponseWriter, r *http.Request, patience time.Duration) *Writer {
	inner := Innermost(w)
	out := &Writer{inner: inner, patience: patience, rolling: r.ProtoMajor == 1}
	_ = out.deadline(time.Time{})
	// The server reads on, to see the client leave: its ReadTimeout would look like that.
	_ = out.control().SetReadDeadline(time.Time{})
	return out
}

// control is made when it is needed: it takes no memory then.
func (w *Writer) control() *http.ResponseController { return http.NewResponseController(w.inner) }

// Header returns the response's header, to be set before the first write.
func (w *Writer) Header() http.Header { return w.inner.Header() }

// WriteHeader sets the status. What it writes goes out with the next Write.
func (w *Writer) WriteHeader(status int) { w.inner.WriteHeader(status) }

// Write writes p, and everything before it, through to the connection. A writer that cannot flush sends it when the handler returns. The error is
// ErrStalled if the peer did not take it in time.
func (w *Writer) Write(p []byte) (int, error) {
	deadline, err := w.begin(time.Now())
	if err != nil {
		return 0, err
	}
	n, err := w.inner.Write(p)
	if err == nil {
		err = w.control().Flush()
	}
	switch {
	case err == nil || errors.Is(err, http.ErrNotSupported):
		if w.rolling {
			return n, nil
		}
		return n, w.deadline(time.Time{})
	case !time.Now().Before(deadline):
		w.stalled.Store(true) // the server has cancelled the request's context as well: whoever sees that first can ask
		return n, ErrStalled
	default:
		return n, err
	}
}

// begin makes sure that a write has a deadline, and returns it.
func (w *Writer) begin(now time.Time) (time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state != open {
		return time.Time{}, ErrKilled
	}
	if !w.rolling || w.until.Sub(now) < w.patience*3/4 {
		w.until = now.Add(w.patience)
		_ = w.control().SetWriteDeadline(w.until)
	}
	return w.until, nil
}

// Stalled reports whether a write has failed with ErrStalled.
func (w *Writer) Stalled() bool { return w.stalled.Load() }

// Kill makes the write that is going on fail, and all that come later, and with them the connection or the HTTP/2 stream.
func (w *Writer) Kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == open {
		w.state = killed
		_ = w.control().SetWriteDeadline(passed)
	}
}

// Finish lets go of the response. Kill does nothing from then on.
func (w *Writer) Finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state == open && w.rolling {
		_ = w.control().SetWriteDeadline(time.Time{}) // or it would hit the next response on the connection
	}
	w.state = finished
}

// deadline does nothing where deadlines cannot be set: then the server's own count.
func (w *Writer) deadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state != open {
		return ErrKilled
	}
	w.until = t
	_ = w.control().SetWriteDeadline(t)
	return nil
}
