// Package response writes HTTP responses past the middleware around them, and under deadlines of their own.
package response

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// deepest ends the unwrapping of a writer that unwraps to itself.
const deepest = 64

// Innermost follows Unwrap as http.ResponseController does, to the writer that belongs to the server. What is written to it passes by whatever
// compresses, records or delays further out; a ResponseController around it controls the connection.
func Innermost(w http.ResponseWriter) http.ResponseWriter {
	for range deepest {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		inner := u.Unwrap()
		if inner == nil {
			break
		}
		w = inner
	}
	return w
}

// A HiddenError says that a ResponseWriter keeps a transport from its connection.
type HiddenError struct {
	Writer string // the Go type at fault
	Needs  string // what it hides
}

func (e *HiddenError) Error() string {
	return fmt.Sprintf("hawser: middleware hides the connection: %s has no %s and no Unwrap", e.Writer, e.Needs)
}

// Streamable returns an error unless responses can be streamed to w. It asks for write deadlines as well as for Flush: a server's own writer
// has both, and one that compresses, while it offers Flush and cannot be unwrapped, does not.
func Streamable(w http.ResponseWriter) *HiddenError {
	inner := Innermost(w)
	_, flushes := inner.(http.Flusher)
	if !flushes {
		_, flushes = inner.(interface{ FlushError() error })
	}
	switch {
	case !flushes:
		return hidden(inner, "Flush")
	case !Deadlines(w):
		return hidden(inner, "SetWriteDeadline")
	default:
		return nil
	}
}

// Deadlines reports whether the deadlines of w's connection can be set.
func Deadlines(w http.ResponseWriter) bool {
	_, ok := Innermost(w).(interface{ SetWriteDeadline(time.Time) error })
	return ok
}

// Hijackable returns an error unless the connection below w can be taken over.
func Hijackable(w http.ResponseWriter) *HiddenError {
	inner := Innermost(w)
	if _, ok := inner.(http.Hijacker); !ok {
		return hidden(inner, "Hijack")
	}
	return nil
}

func hidden(w http.ResponseWriter, needs string) *HiddenError {
	return &HiddenError{Writer: fmt.Sprintf("%T", w), Needs: needs}
}

// Faults logs writers that hide their connection, each type once. The zero value is ready, and may be used by any number of goroutines.
type Faults struct {
	logged sync.Map // of HiddenError
}

// Log tells whoever runs the server that clients fall back from the transport, and why.
func (f *Faults) Log(log *slog.Logger, transport string, e *HiddenError) {
	if _, before := f.logged.LoadOrStore(*e, true); before {
		return
	}
	log.Warn("hawser: middleware hides the connection, so that clients fall back to another transport; "+
		"mount the handler outside of it, or let its ResponseWriter have an Unwrap method",
		slog.String("transport", transport), slog.String("writer", e.Writer), slog.String("hides", e.Needs))
}
