package netlab

import (
	"io"
	"sync"
	"time"
)

// Buffered keeps the bytes of every answer, the header too, until there are so many or the first has waited for so long; then it begins again. What is left
// goes out when the answer ends. With neither it waits for the end, or for 4 MiB.
type Buffered struct {
	Bytes int
	For   time.Duration
}

// Name is "responses-buffered".
func (Buffered) Name() string { return "responses-buffered" }

func (f Buffered) with(p *parameters) Fault {
	p.integer("bytes", &f.Bytes)
	p.duration("for", &f.For)
	return f
}

func (f Buffered) hold(_ *Lab, out io.Writer) io.WriteCloser {
	limit := f.Bytes
	if limit == 0 || limit > maxBody {
		limit = maxBody
	}
	return &reservoir{out: out, limit: limit, patience: f.For}
}

// A reservoir is bytes that are kept back. Who empties it holds its lock, so that Close waits for that.
type reservoir struct {
	out      io.Writer
	limit    int
	patience time.Duration // 0: for ever

	mu     sync.Mutex
	kept   []byte
	timer  *time.Timer // set while the patience runs
	closed bool
	err    error
}

func (r *reservoir) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, p...)
	switch {
	case r.err != nil:
	case len(r.kept) >= r.limit:
		r.emptyLocked()
	case r.timer == nil && r.patience > 0:
		r.timer = time.AfterFunc(r.patience, r.overdue)
	}
	return len(p), r.err
}

func (r *reservoir) overdue() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.emptyLocked()
	}
}

func (r *reservoir) emptyLocked() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	if r.err == nil {
		_, r.err = r.out.Write(r.kept)
	}
	r.kept = r.kept[:0]
}

// Close lets go of what is left.
func (r *reservoir) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.emptyLocked()
	r.closed = true
	return r.err
}
