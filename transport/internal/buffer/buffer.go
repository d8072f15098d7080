// Package buffer lends byte slices, so that a connection that is idle holds none.
package buffer

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

const (
	initial = 4 << 10
	keep    = 64 << 10 // what grew beyond is left to the garbage collector, or one big frame would be held for ever
)

var pool = sync.Pool{New: func() any {
	b := make([]byte, 0, initial)
	return &b
}}

// Get lends an empty slice. Append to what it points to, store the result there, and Put it back.
func Get() *[]byte { return pool.Get().(*[]byte) }

// Put takes a lent slice back. Nobody may use it, or what it points to, from then on.
func Put(b *[]byte) {
	if cap(*b) > keep {
		return
	}
	*b = (*b)[:0]
	pool.Put(b)
}

// ErrTooLarge is returned by ReadFrame when there are more bytes than the limit.
var ErrTooLarge = errors.New("hawser: the frame is over the limit")

// ReadFrame reads r to its end and returns what it read, which belongs to the caller. It reads at most limit + 1 bytes,
// and allocates only for bytes that have come.
func ReadFrame(r io.Reader, limit int) ([]byte, error) {
	lent := Get()
	defer Put(lent)
	buf := *lent
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):min(cap(buf), limit+1)])
		buf = buf[:len(buf)+n]
		if len(buf) > limit {
			return nil, ErrTooLarge
		}
		switch {
		case err == nil:
		case err != io.EOF:
			return nil, err
		case cap(buf) > keep:
			return buf, nil // not going back to the pool: no need to copy
		default:
			*lent = buf
			return bytes.Clone(buf), nil
		}
	}
}
