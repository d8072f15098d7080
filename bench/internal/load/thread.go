package load

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hawser-go/hawser/bench/internal/dialect"
)

// A thread waits for many connections and takes what comes.
type thread struct {
	load *Load
	poll int

	mu      sync.Mutex // held while something that came is taken
	byFD    map[int32]*member
	members map[*room]int32
	counts  map[*room][]int32 // by publication: the members here that got it
	done    map[*room]int     // publications that all have got, since the last flush
	latency *histogram        // or nil
	batch   dialect.Batch

	count atomic.Int64 // messages
}

func newThread(l *Load) (*thread, error) {
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create", err)
	}
	return &thread{
		load: l, poll: poll, byFD: map[int32]*member{},
		members: map[*room]int32{}, counts: map[*room][]int32{}, done: map[*room]int{},
	}, nil
}

// add takes a member that has joined.
func (t *thread) add(m *member) error {
	m.thread = t
	t.mu.Lock()
	if t.counts[m.room] == nil {
		t.counts[m.room] = make([]int32, m.room.ring)
		m.room.threads++ // under the load's lock
	}
	t.members[m.room]++
	t.mu.Unlock()
	return t.listen(m)
}

// epollET is syscall.EPOLLET, which is negative: an event is told of once, since what has come is read as a whole.
const epollET = 1 << 31

// over is what is told of a connection that the server has closed.
const over = syscall.EPOLLRDHUP | syscall.EPOLLHUP | syscall.EPOLLERR

func (t *thread) listen(m *member) error {
	if m.secure != nil {
		go t.readSecure(m)
		return nil
	}
	t.mu.Lock()
	t.byFD[int32(m.fd)] = m
	t.mu.Unlock()
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | epollET, Fd: int32(m.fd)}
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(t.poll, syscall.EPOLL_CTL_ADD, m.fd, &event))
}

// run takes what comes, for ever.
func (t *thread) run() {
	events := make([]syscall.EpollEvent, 256)
	buffer := make([]byte, 1<<20)
	for {
		n, err := syscall.EpollWait(t.poll, events, -1)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			t.load.fail(os.NewSyscallError("epoll_wait", err))
			return
		}
		t.mu.Lock()
		for _, event := range events[:max(n, 0)] {
			m := t.byFD[event.Fd]
			err := t.read(m, buffer)
			for err == nil && m != nil && event.Events&over != 0 { // up to the end, which is not told of again
				err = t.read(m, buffer)
			}
			if err != nil {
				t.load.fail(err)
				t.mu.Unlock()
				return
			}
		}
		err = t.flush()
		t.mu.Unlock()
		if err != nil {
			t.load.fail(err)
		}
		if n < len(events) {
			_ = syscall.Nanosleep(&nap, nil) // a signal that wakes it does no harm
		}
	}
}

// nap is how long a thread sleeps when it has taken all that came. While it waits in epoll, each write of the
// server would have to wake it, which costs the server more than the write: clients on other machines cost it
// no such thing.
var nap = syscall.NsecToTimespec(50_000)

func (t *thread) read(m *member, buffer []byte) error {
	if m == nil {
		return nil // it was cut a moment ago
	}
	n, err := syscall.Read(m.fd, buffer[copy(buffer, m.rest):])
	switch {
	case errors.Is(err, syscall.EAGAIN):
		return nil
	case err != nil:
		return os.NewSyscallError("read", err)
	case n == 0:
		return fmt.Errorf("the server closed a connection: %w", io.EOF)
	}
	return t.take(m, buffer[:len(m.rest)+n])
}

// readSecure is run, for a connection with TLS.
func (t *thread) readSecure(m *member) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := m.secure.Read(buffer[copy(buffer, m.rest):])
		if err == nil {
			t.mu.Lock()
			if err = t.take(m, buffer[:len(m.rest)+n]); err == nil {
				err = t.flush()
			}
			t.mu.Unlock()
		}
		if err != nil {
			t.load.fail(err)
			return
		}
	}
}

// take gives what has come to the client, and counts the messages.
func (t *thread) take(m *member, in []byte) error {
	b := &t.batch
	for {
		used, err := m.client.Feed(in, b)
		if err != nil {
			return err
		}
		in = in[used:]
		if used == 0 || len(in) == 0 {
			break
		}
	}
	m.rest = append(m.rest[:0], in...)
	if len(in) == 0 && cap(m.rest) > 16<<10 {
		m.rest = nil
	}
	defer b.Reset()
	if len(b.Seqs) > 0 {
		if err := t.got(m, b); err != nil {
			return err
		}
	}
	if len(b.Out) > 0 {
		if err := m.write(b.Out); err != nil {
			return err
		}
	}
	if b.Post && !m.posting {
		m.posting = true
		t.load.uplinks <- m
	}
	return nil
}

func (t *thread) got(m *member, b *dialect.Batch) error {
	t.count.Add(int64(len(b.Seqs)))
	depth := t.load.depth.Load()
	if depth >= 0 { // calls
		for _, seq := range b.Seqs {
			if err := m.check(seq); err != nil {
				return err
			}
			if depth > 0 {
				b.Out = m.client.Call(b.Out, m.sent)
				m.sent++
			}
		}
		return nil
	}
	counts, members, r := t.counts[m.room], t.members[m.room], m.room
	now := int64(0)
	if t.latency != nil {
		now = time.Now().UnixNano()
	}
	for _, seq := range b.Seqs {
		if err := m.check(seq); err != nil {
			return err
		}
		if t.latency != nil {
			t.latency.add(time.Duration(now - r.asked[seq%r.ring].Load()))
		}
		place := &counts[seq%r.ring]
		if *place++; *place == members {
			*place = 0
			if r.got(seq) {
				t.done[r]++
			}
		}
	}
	return nil
}

// flush asks for the publications that follow those that are done.
func (t *thread) flush() error {
	for r, n := range t.done {
		delete(t.done, r)
		if err := t.load.completed(r, n); err != nil {
			return err
		}
	}
	return nil
}
