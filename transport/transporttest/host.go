package transporttest

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// A Host is a server with one session: what comes up can be looked at, and what is sent goes down on the last wire that said hello. Set its exported
// fields before it is used.
type Host struct {
	Known      []codec.Codec
	FrameLimit int
	Patience   time.Duration // for a write
	MostHeld   time.Duration // of a poll
	Log        *slog.Logger
	// OnReceive, if set, comes first in each Receive. An error ends the wire.
	OnReceive func(ctx context.Context, frame []byte) error

	// Up gets each frame, without its hello.
	Up chan []byte
	// Detached gets the cause with which each wire that has a Sink ends.
	Detached chan error

	mu    sync.Mutex // guards what follows
	wires []*wire
	inUse *wire
	down  [][]byte
	end   *transport.CloseError
}

var _ transport.Host = (*Host)(nil)

// NewHost returns a host with both built-in codecs: 64 KiB a frame, 10 s a write, polls held for 25 s.
func NewHost() *Host {
	return &Host{
		Known:      []codec.Codec{codec.JSON(), codec.MessagePack()},
		FrameLimit: 64 << 10,
		Patience:   10 * time.Second,
		MostHeld:   25 * time.Second,
		Log:        slog.New(slog.DiscardHandler),
		Up:         make(chan []byte, 1024),
		Detached:   make(chan error, 1024),
	}
}

// Codec implements transport.Host.
func (h *Host) Codec(name string) codec.Codec {
	for _, c := range h.Known {
		if c.Name() == name {
			return c
		}
	}
	return nil
}

// Codecs implements transport.Host.
func (h *Host) Codecs() []string {
	var names []string
	for _, c := range h.Known {
		names = append(names, c.Name())
	}
	return names
}

// MaxFrame implements transport.Host.
func (h *Host) MaxFrame() int { return h.FrameLimit }

// WriteTimeout implements transport.Host.
func (h *Host) WriteTimeout() time.Duration { return h.Patience }

// MaxHold implements transport.Host.
func (h *Host) MaxHold() time.Duration { return h.MostHeld }

// Logger implements transport.Host.
func (h *Host) Logger() *slog.Logger { return h.Log }

// Open implements transport.Host.
func (h *Host) Open(_ *http.Request, o transport.Opening) transport.Wire {
	w := &wire{host: h, opening: o}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wires = append(h.wires, w)
	return w
}

// Down sends frames down, one after another.
func (h *Host) Down(frames ...[]byte) {
	h.mu.Lock()
	h.down = append(h.down, frames...)
	h.mu.Unlock()
	h.Wake()
}

// End closes the session's wires: what was sent before goes down, then a close packet.
func (h *Host) End(why *transport.CloseError) {
	h.mu.Lock()
	h.end = why
	h.mu.Unlock()
	h.Wake()
}

// Wake wakes the wire in use, if there is one.
func (h *Host) Wake() {
	if sink := h.sink(); sink != nil {
		sink.Wake()
	}
}

// Kill closes the sink of the wire in use.
func (h *Host) Kill() { h.sink().Close() }

// Sinks returns the sink of each wire, also of those that have ended.
func (h *Host) Sinks() []transport.Sink {
	h.mu.Lock()
	defer h.mu.Unlock()
	var sinks []transport.Sink
	for _, w := range h.wires {
		if w.opening.Sink != nil {
			sinks = append(sinks, w.opening.Sink)
		}
	}
	return sinks
}

// Attached returns how many wires have not been detached.
func (h *Host) Attached() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(h.wires), func(w *wire) bool { return w.detached > 0 }))
}

// DetachedTwice returns how many wires have been detached more than once.
func (h *Host) DetachedTwice() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(h.wires), func(w *wire) bool { return w.detached <= 1 }))
}

// Runner returns the runner of the wire that was opened last, or nil.
func (h *Host) Runner() transport.Runner {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.wires[len(h.wires)-1].opening.Runner
}

func (h *Host) sink() transport.Sink {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.inUse == nil {
		return nil
	}
	return h.inUse.opening.Sink
}
