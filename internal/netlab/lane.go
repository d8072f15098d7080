package netlab

import (
	"bytes"
	"io"
	"time"
)

// chunkSize is how many bytes travel together at most.
const chunkSize = 4 << 10

// A lane carries the bytes of a connection in one direction: late, slowly, or not at all.
type lane struct {
	c         *connection
	direction Direction
	queue     *queue
	free      time.Time // when the last byte will have passed, at the rate that is allowed
}

func newLane(c *connection, d Direction) *lane {
	return &lane{c: c, direction: d, queue: newQueue()}
}

// enter reads from src until it ends, and notes when each piece is due. The end travels like everything else.
func (l *lane) enter(src io.Reader) {
	var last time.Time
	buffer := make([]byte, chunkSize)
	for first := true; ; first = false {
		n, err := src.Read(buffer)
		due := time.Now().Add(l.delay(first))
		if due.Before(last) { // jitter does not reorder what TCP keeps in order
			due = last
		}
		last = due
		if n > 0 && l.queue.put(l.c.ctx, chunk{bytes.Clone(buffer[:n]), due}) != nil {
			return
		}
		if err != nil {
			_ = l.queue.put(l.c.ctx, chunk{nil, due})
			return
		}
	}
}

func (l *lane) delay(first bool) time.Duration {
	var sum time.Duration
	faults, _ := l.c.lab.current()
	for _, f := range faults {
		if d, ok := f.(delayer); ok {
			if late := d.delay(l.c.lab, l.direction, first); late > 0 {
				l.c.lab.counts.add(f.Name(), 1)
				sum += late
			}
		}
	}
	return sum
}

// leave writes to dst what is due. It returns when the end has come through, or the connection is over.
func (l *lane) leave(dst io.Writer) error {
	for {
		next, err := l.queue.take(l.c.ctx)
		if err != nil {
			return err
		}
		if err := l.c.until(next.due); err != nil {
			return err
		}
		if next.data == nil {
			return l.c.heard(l.direction)
		}
		for rest := next.data; len(rest) > 0; {
			n, err := l.write(dst, rest)
			if err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
}

// write lets some of the bytes pass: not before they may, and none beyond the last that may.
func (l *lane) write(dst io.Writer, data []byte) (int, error) {
	if err := l.c.heard(l.direction); err != nil {
		return 0, err
	}
	if rate, name := l.rate(); rate > 0 {
		data = data[:min(len(data), max(rate/20, 1))] // in steps of 50 ms
		now := time.Now()
		if l.free.Before(now) {
			l.free = now
		}
		l.free = l.free.Add(time.Duration(len(data)) * time.Second / time.Duration(rate))
		l.c.lab.counts.add(name, 1)
		if err := l.c.until(l.free); err != nil {
			return 0, err
		}
	}
	allowed, last := l.c.allowed(l.direction, len(data))
	if allowed > 0 {
		if _, err := dst.Write(data[:allowed]); err != nil {
			return 0, err
		}
		l.c.passed(l.direction, allowed)
	}
	if last != nil {
		l.c.lab.counts.add(last.Name(), 1)
		l.c.finish(last.(limiter).ending())
		return 0, errEnded
	}
	return allowed, nil
}

// rate returns the least that is allowed, and by what; 0: any.
func (l *lane) rate() (rate int, name string) {
	faults, _ := l.c.lab.current()
	for _, f := range faults {
		if t, ok := f.(throttle); ok {
			if r := t.rate(l.direction); r > 0 && (rate == 0 || r < rate) {
				rate, name = r, f.Name()
			}
		}
	}
	return rate, name
}
