package netlab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
)

// MaxConnections is how many connections a laboratory holds at once; more are closed as they come.
const MaxConnections = 4096

// ErrNotLoopback refuses to listen where others can connect.
var ErrNotLoopback = errors.New("netlab: it listens on loopback only")

// Options configure a Lab.
type Options struct {
	// Target is the host and port that it stands in front of.
	Target string
	// Dial opens connections to the target. Default: TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Seed starts the random numbers of jitter and probabilities. Which connection gets which is a matter of order.
	Seed uint64
	// Faults are those that it begins with.
	Faults []Fault
}

// A Lab is the laboratory. Its methods may be called at the same time.
type Lab struct {
	target string
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	counts counts
	memory memory

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup // listeners and connections

	randomMu sync.Mutex
	random   *rand.Rand

	mu          sync.Mutex
	faults      []Fault       // never changed in place
	changed     chan struct{} // closed when faults are replaced
	connections map[*connection]struct{}
	addr        net.Addr
}

// New makes a laboratory. Serve lets clients in.
func New(o Options) *Lab {
	l := &Lab{
		target: o.Target, dial: o.Dial,
		random:      rand.New(rand.NewPCG(o.Seed, 0)), //nolint:gosec // repeatable is what it has to be
		faults:      slices.Clone(o.Faults),
		changed:     make(chan struct{}),
		connections: map[*connection]struct{}{},
	}
	if l.dial == nil {
		l.dial = new(net.Dialer).DialContext
	}
	l.ctx, l.stop = context.WithCancel(context.Background())
	return l
}

// Listen makes a laboratory that serves at a loopback address, "127.0.0.1:0" for a free port.
func Listen(address string, o Options) (*Lab, error) {
	tcp, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("netlab: %w", err)
	}
	if !tcp.IP.IsLoopback() {
		return nil, fmt.Errorf("%w, not on %s", ErrNotLoopback, address)
	}
	listener, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return nil, fmt.Errorf("netlab: %w", err)
	}
	l := New(o)
	l.Serve(listener)
	return l, nil
}

// Serve takes connections from a listener, which Close closes. It returns at once.
func (l *Lab) Serve(listener net.Listener) {
	l.mu.Lock()
	l.addr = listener.Addr()
	l.mu.Unlock()
	unhook := context.AfterFunc(l.ctx, func() { _ = listener.Close() })
	l.work.Go(func() {
		defer unhook()
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			l.admit(client)
		}
	})
}

// Addr returns the address of the listener that was served last.
func (l *Lab) Addr() net.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

// URL returns where clients find it: "http://127.0.0.1:54321", without a slash at its end.
func (l *Lab) URL() string { return "http://" + l.Addr().String() }

// Set replaces all faults. Connections that are open feel it at once, except that what is on its way stays as late as it was.
func (l *Lab) Set(faults ...Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = slices.Clone(faults)
	close(l.changed)
	l.changed = make(chan struct{})
}

// Faults returns the faults as they are.
func (l *Lab) Faults() []Fault {
	faults, _ := l.current()
	return slices.Clone(faults)
}

// Cut ends all connections that are open now, and returns how many.
func (l *Lab) Cut(how Ending) int {
	l.mu.Lock()
	open := make([]*connection, 0, len(l.connections))
	for c := range l.connections {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		c.finish(how)
	}
	l.counts.add("cut", len(open))
	return len(open)
}

// Count returns how often something happened: see Counts.
func (l *Lab) Count(name string) int64 { return l.counts.get(name) }

// Counts returns what happened so far: "connections", "requests", "upgrades", "bytes-up" and "bytes-down" that passed, and under the name
// of each fault how often it took place.
func (l *Lab) Counts() map[string]int64 { return l.counts.all() }

// Await waits until a count has reached n, or ctx ends.
func (l *Lab) Await(ctx context.Context, name string, n int64) error {
	return l.counts.await(ctx, name, n)
}

// Close ends all connections and waits for everything that the laboratory started.
func (l *Lab) Close() {
	l.stop()
	l.work.Wait()
}

// current returns the faults, and what is closed when they change.
func (l *Lab) current() ([]Fault, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults, l.changed
}

func (l *Lab) admit(client net.Conn) {
	c := newConnection(l, client)
	l.mu.Lock()
	full := len(l.connections) >= MaxConnections
	if !full {
		l.connections[c] = struct{}{}
	}
	l.mu.Unlock()
	if full {
		c.finish(RST)
		l.counts.add("connections-refused", 1)
		return
	}
	l.counts.add("connections", 1)
	l.work.Go(func() {
		c.run()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.connections, c)
	})
}

// happens throws the dice. A probability of 0 stands for 1: a fault that never happens would be none.
func (l *Lab) happens(probability float64) bool {
	if probability == 0 {
		return true
	}
	l.randomMu.Lock()
	defer l.randomMu.Unlock()
	return l.random.Float64() < probability
}

// fraction returns a random number from 0 up to 1.
func (l *Lab) fraction() float64 {
	l.randomMu.Lock()
	defer l.randomMu.Unlock()
	return l.random.Float64()
}
