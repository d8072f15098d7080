package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hawser-go/hawser/bench/internal/dialect"
)

var errBehind = errors.New("the server does not keep up")

// A Load is the clients of one trial.
type Load struct {
	spec    Spec
	control *Control
	threads []*thread
	rooms   []*room
	members []*member
	silent  *member // or nil
	uplinks chan *member

	flowing atomic.Bool  // a publication that is done is followed by another
	active  atomic.Int32 // which room is next, where only some are published to at a time
	depth   atomic.Int32 // of calls; 0: no more are made; -1: what comes are publications

	failed chan struct{}
	once   sync.Once
	err    error
}

// Run runs a trial. The result has what was measured until the first error.
func Run(spec Spec) Result {
	var result Result
	l, err := newLoad(spec)
	if err == nil {
		err = l.run(&result)
	}
	if err != nil {
		result.Error = err.Error()
	}
	return result
}

func newLoad(spec Spec) (*Load, error) {
	c, err := DialControl(spec.Control)
	if err != nil {
		return nil, err
	}
	l := &Load{spec: spec, control: c, uplinks: make(chan *member, spec.Connections), failed: make(chan struct{})}
	l.depth.Store(-1)
	ring := uint32(1 << 14)
	if spec.Rooms > 1 {
		ring = 64
	}
	for i := range spec.Rooms {
		l.rooms = append(l.rooms, newRoom(i, ring))
	}
	for range spec.Threads {
		t, err := newThread(l)
		if err != nil {
			return nil, err
		}
		l.threads = append(l.threads, t)
	}
	return l, nil
}

// fail ends the trial. The first error counts.
func (l *Load) fail(err error) {
	l.once.Do(func() {
		l.err = err
		close(l.failed)
	})
}

// failure returns why the trial has failed, if it has.
func (l *Load) failure() error {
	select {
	case <-l.failed:
		return l.err
	default:
		return nil
	}
}

func (l *Load) run(result *Result) (err error) {
	if err := l.warmUp(); err != nil {
		return err
	}
	if result.Before, err = l.control.Ask("gc"); err != nil {
		return err
	}
	for _, t := range l.threads {
		go t.run()
	}
	for range 16 {
		go l.post()
	}
	result.Connect, err = l.profiled("connect", func() (Measured, error) {
		return l.measured(func() (int64, error) { return int64(l.spec.Connections), l.connect() })
	})
	if err != nil {
		return err
	}
	if err := l.wait(l.spec.Settle); err != nil {
		return err
	}
	rate := 0.0
	for i, p := range l.spec.Phases {
		if p.Kind == Paced && p.Rate < 1 {
			p.Rate *= rate
		}
		name := fmt.Sprintf("%d-%s-%d", i, p.Kind, p.InFlight)
		m, err := l.profiled(name, func() (Measured, error) { return l.phase(p) })
		if err != nil {
			return fmt.Errorf("%s, %d in flight: %w", p.Kind, p.InFlight, err)
		}
		m.Kind, m.InFlight = p.Kind, p.InFlight
		if p.Kind == FanOut {
			rate = float64(m.Count) / m.Seconds
		}
		result.Phases = append(result.Phases, m)
	}
	return l.failure() // of what came after the last phase
}

// warmUp opens a few connections and closes them, so that what a server needs once does not count as what a
// connection needs.
func (l *Load) warmUp() error {
	nowhere := newRoom(len(l.rooms), 1) // nothing is published to it
	for range 20 {
		m, err := newMember(l.spec.Dialect, nowhere)
		if err != nil {
			return err
		}
		if err := m.open(l.spec.Address, l.spec.TLS); err != nil {
			return err
		}
		if err := m.close(); err != nil {
			return err
		}
	}
	return nil
}

// connect connects and joins all.
func (l *Load) connect() error {
	var (
		mu      sync.Mutex
		working sync.WaitGroup
		next    atomic.Int64
	)
	for range 64 {
		working.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= l.spec.Connections || l.failure() != nil {
					return
				}
				m, err := newMember(l.spec.Dialect, l.rooms[i%len(l.rooms)])
				if err != nil {
					l.fail(err)
					return
				}
				if err := m.open(l.spec.Address, l.spec.TLS); err != nil {
					l.fail(fmt.Errorf("connection %d: %w", i, err))
					return
				}
				mu.Lock()
				l.members = append(l.members, m)
				err = l.threads[len(l.members)%len(l.threads)].add(m)
				mu.Unlock()
				if err != nil {
					l.fail(err)
				}
			}
		})
	}
	working.Wait()
	return l.failure()
}

// completed goes on after n publications of a room that all have got.
func (l *Load) completed(r *room, n int) error {
	if !l.flowing.Load() {
		return nil
	}
	lump := max(l.spec.Lump, 1)
	if int(l.active.Load()) < 0 {
		return r.publish(l.control, n, lump)
	}
	for range n { // rooms take turns
		next := int(l.active.Add(1)) % len(l.rooms)
		if err := l.rooms[next].publish(l.control, 1, 1); err != nil {
			return err
		}
	}
	return nil
}

// post sends what clients have to say by requests of their own.
func (l *Load) post() {
	var conn net.Conn
	var in *bufio.Reader
	for m := range l.uplinks {
		var err error
		if conn == nil {
			if conn, err = dial(l.spec.Address); err != nil {
				l.fail(err)
				return
			}
			in = bufio.NewReader(conn)
		}
		m.thread.mu.Lock()
		request := m.client.(dialect.Poster).Uplink()
		m.thread.mu.Unlock()
		if err := roundTrip(conn, in, request); err != nil {
			l.fail(fmt.Errorf("uplink: %w", err))
			return
		}
		m.thread.mu.Lock()
		m.posting = false
		m.thread.mu.Unlock()
	}
}

func roundTrip(conn net.Conn, in *bufio.Reader, request []byte) error {
	if _, err := conn.Write(request); err != nil {
		return err
	}
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	closed := bytes.HasPrefix(answer, []byte("[8,")) || bytes.HasPrefix(answer, []byte("[2"))
	if response.StatusCode != http.StatusOK || closed {
		return fmt.Errorf("refused: %d %q", response.StatusCode, answer)
	}
	return nil
}

// wait waits, unless the trial fails.
func (l *Load) wait(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-l.failed:
		return l.err
	}
}

// until waits for a condition, which must come within patience.
func (l *Load) until(what string, done func() bool) error {
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("after %v there are still %s", patience, what)
		}
		if err := l.wait(time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (l *Load) count() (n int64) {
	for _, t := range l.threads {
		n += t.count.Load()
	}
	return n
}

// measured measures what do does; it returns how many of it there were.
func (l *Load) measured(do func() (int64, error)) (m Measured, err error) {
	before, err := l.control.Ask("usage")
	if err != nil {
		return m, err
	}
	began, own := time.Now(), ownCPU()
	if m.Count, err = do(); err != nil {
		return m, err
	}
	m.Seconds = time.Since(began).Seconds()
	m.LoadCPU = ownCPU() - own
	if m.Usage, err = l.control.Ask("usage"); err != nil {
		return m, err
	}
	m.ServerCPU = m.Usage.CPU - before.CPU
	return m, nil
}

func ownCPU() float64 {
	var own syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &own) // of the process itself: it cannot fail
	return float64(own.Utime.Nano()+own.Stime.Nano()) / 1e9
}
