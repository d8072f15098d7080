package netlab

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// errEnded: the laboratory ended the connection.
var errEnded = errors.New("netlab: the connection was ended")

// A connection is one of a client, with what it is connected to.
type connection struct {
	lab    *Lab
	client net.Conn

	ctx context.Context // ends when the connection is over
	end context.CancelFunc

	// What stands behind the lanes reads from up and writes to down.
	up     *io.PipeReader
	upEnd  *io.PipeWriter
	down   *io.PipeWriter
	downIn *io.PipeReader
	in     *bufio.Reader // on up

	poke  chan struct{} // the vitals changed in kind
	tasks sync.WaitGroup

	mu     sync.Mutex
	vitals vitals
	target net.Conn // of the exchange under way
	half   Ending   // HalfClient or HalfTarget, once that has happened
	frozen []Direction
}

func newConnection(l *Lab, client net.Conn) *connection {
	c := &connection{lab: l, client: client, poke: make(chan struct{}, 1)}
	c.vitals.opened = time.Now()
	c.vitals.carry(Requests)
	c.ctx, c.end = context.WithCancel(l.ctx)
	c.up, c.upEnd = io.Pipe()
	c.downIn, c.down = io.Pipe()
	c.in = bufio.NewReaderSize(c.up, chunkSize)
	return c
}

// run serves the connection until it is over.
func (c *connection) run() {
	up, down := newLane(c, Up), newLane(c, Down)
	tasks := &c.tasks
	tasks.Go(func() {
		<-c.ctx.Done()
		c.closeAll()
	})
	tasks.Go(func() { up.enter(c.client) })
	tasks.Go(func() {
		if up.leave(c.upEnd) == nil && !c.isHalf(HalfClient) {
			_ = c.upEnd.Close()
		}
	})
	tasks.Go(func() { down.enter(c.downIn) })
	tasks.Go(func() {
		_ = down.leave(clientSide{c})
		c.end() // all that there was to say is said
	})
	tasks.Go(c.reap)
	c.serve()
	_ = c.down.Close()
	tasks.Wait()
}

// closeAll unblocks whoever reads or writes.
func (c *connection) closeAll() {
	_ = c.client.Close()
	_ = c.up.CloseWithError(errEnded)
	_ = c.upEnd.CloseWithError(errEnded)
	_ = c.down.CloseWithError(errEnded)
	_ = c.downIn.CloseWithError(errEnded)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.target != nil {
		_ = c.target.Close()
	}
}

// clientSide is where the lane down ends. Once the client's side has died alone, it takes what comes and does nothing with it.
type clientSide struct{ c *connection }

func (s clientSide) Write(p []byte) (int, error) {
	if s.c.isHalf(HalfClient) {
		return len(p), nil
	}
	n, err := s.c.client.Write(p)
	if err != nil && s.c.isHalf(HalfClient) { // it died under the write
		return len(p), nil
	}
	return n, err
}

// finish ends the connection.
func (c *connection) finish(how Ending) {
	c.mu.Lock()
	target, busy := c.target, c.target != nil
	if busy && c.half == FIN && (how == HalfClient || how == HalfTarget) {
		c.half = how
	}
	c.mu.Unlock()
	switch {
	case how == Freeze:
		c.freeze(Both)
	case how == FreezeUp:
		c.freeze(Up)
	case how == FreezeDown:
		c.freeze(Down)
	case how == HalfClient && busy:
		reset(c.client)
		_ = c.client.Close()
	case how == HalfTarget && busy:
		_ = target.Close()
	case how == FIN:
		c.end()
	default:
		reset(c.client)
		if busy {
			reset(target)
		}
		c.end()
	}
}

// freeze stops a direction for good.
func (c *connection) freeze(d Direction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = append(c.frozen, d)
}

func (c *connection) isFrozen(d Direction) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.frozen, func(frozen Direction) bool { return frozen.covers(d) })
}

// reset makes the next Close a reset.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

func (c *connection) isHalf(how Ending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.half == how
}

// setTarget notes the connection that an exchange uses, nil after it.
func (c *connection) setTarget(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target = conn
	if conn != nil && c.ctx.Err() != nil {
		_ = conn.Close()
	}
}

// until waits for a moment. It fails when the connection is over.
func (c *connection) until(moment time.Time) error {
	wait := time.Until(moment)
	if wait <= 0 {
		return c.ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
}

// heard waits while a direction is silent, or for the end if it is frozen.
func (c *connection) heard(d Direction) error {
	for counted := false; ; {
		if c.isFrozen(d) {
			<-c.ctx.Done()
			return c.ctx.Err()
		}
		faults, changed := c.lab.current()
		silence := ""
		for _, f := range faults {
			if s, ok := f.(silencer); ok && s.silent(d) {
				silence = f.Name()
			}
		}
		if silence == "" {
			return c.ctx.Err()
		}
		if !counted {
			counted = true
			c.lab.counts.add(silence, 1)
		}
		select {
		case <-changed:
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
}

// allowed returns how many of n bytes may pass, and the fault that lets no more pass.
func (c *connection) allowed(d Direction, n int) (int, Fault) {
	faults, _ := c.lab.current()
	c.mu.Lock()
	defer c.mu.Unlock()
	var last Fault
	if c.half != FIN {
		return n, nil
	}
	for _, f := range faults {
		if l, ok := f.(limiter); ok {
			if left := l.remaining(&c.vitals, d); left >= 0 && left <= int64(n) {
				n, last = int(left), f
			}
		}
	}
	return n, last
}

func (c *connection) passed(d Direction, n int) {
	c.mu.Lock()
	c.vitals.passed(d, n)
	c.mu.Unlock()
	if d == Up {
		c.lab.counts.add("bytes-up", n)
	} else {
		c.lab.counts.add("bytes-down", n)
	}
}

// carry notes what the connection carries from now on.
func (c *connection) carry(t Traffic) {
	c.mu.Lock()
	c.vitals.carry(t)
	c.mu.Unlock()
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// reap ends the connection when its time has come.
func (c *connection) reap() {
	for {
		faults, changed := c.lab.current()
		at, fault := c.due(faults)
		wait := make(<-chan time.Time)
		if fault != nil {
			left := time.Until(at)
			if left <= 0 {
				c.lab.counts.add(fault.Name(), 1)
				c.finish(fault.(reaper).ending())
				return
			}
			wait = time.After(left)
		}
		select {
		case <-wait:
		case <-c.poke:
		case <-changed:
		case <-c.ctx.Done():
			return
		}
	}
}

// due returns what will end the connection next.
func (c *connection) due(faults []Fault) (at time.Time, by Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range faults {
		if r, ok := f.(reaper); ok {
			if t := r.due(&c.vitals); !t.IsZero() && (by == nil || t.Before(at)) {
				at, by = t, f
			}
		}
	}
	return at, by
}
