package netlab

import (
	"context"
	"sync"
	"time"
)

// laneBytes is how many bytes are on their way in a lane at most: more wait at their source, as in a socket's buffer. It bounds what a connection carries in a
// latency: 256 KiB in 100 ms are 2.5 MB/s.
const laneBytes = 256 << 10

// A chunk is bytes on their way. Without bytes it is the end.
type chunk struct {
	data []byte
	due  time.Time
}

// A queue is the chunks of a lane, in order. One goroutine puts, one takes.
type queue struct {
	mu     sync.Mutex
	chunks []chunk
	bytes  int

	filled  chan struct{} // a token: something was put
	emptied chan struct{} // a token: something was taken
}

func newQueue() *queue {
	return &queue{filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1)}
}

// put waits for room. It fails when ctx ends.
func (q *queue) put(ctx context.Context, c chunk) error {
	for !q.tryPut(c) {
		select {
		case <-q.emptied:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	signal(q.filled)
	return nil
}

// take waits for a chunk. It fails when ctx ends.
func (q *queue) take(ctx context.Context) (chunk, error) {
	for {
		if c, ok := q.tryTake(); ok {
			signal(q.emptied)
			return c, nil
		}
		select {
		case <-q.filled:
		case <-ctx.Done():
			return chunk{}, ctx.Err()
		}
	}
}

func (q *queue) tryPut(c chunk) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes >= laneBytes {
		return false
	}
	q.chunks = append(q.chunks, c)
	q.bytes += cap(c.data)
	return true
}

func (q *queue) tryTake() (chunk, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.chunks) == 0 {
		return chunk{}, false
	}
	c := q.chunks[0]
	q.chunks[0] = chunk{}
	q.chunks = q.chunks[1:]
	q.bytes -= cap(c.data)
	return c, true
}

func signal(token chan struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}
