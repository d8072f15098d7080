package websocket

import (
	"sync"
	"time"

	"github.com/hawser-go/hawser/transport"
)

// brief is for how long the goroutine that reads may do something else, before another one reads in its place: for so long at least, and twice that at most.
const brief = time.Millisecond

// loans are of reading goroutines, to the tasks that they run. One timer looks for those that are overdue: one for each would have the runtime wake a thread
// to wait for it, each time. The zero value is ready.
type loans struct {
	pool sync.Pool

	mu    sync.Mutex // guards what follows, and the loans that are out
	out   []*loan
	looks uint64      // how often the timer has looked
	timer *time.Timer // runs while some are out, and until it finds none; nil until the first
	runs  bool
}

// A loan is the time of a reading goroutine that runs a task. Who reads when the task has run is decided by who ends it: the goroutine itself, or else whoever
// has another one read.
type loan struct {
	reader *reader // nil: it is over
	place  int     // in out
	since  uint64  // looks
}

func (l *loans) begin(r *reader) *loan {
	n, _ := l.pool.Get().(*loan)
	if n == nil {
		n = &loan{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n.reader, n.place, n.since = r, len(l.out), l.looks
	l.out = append(l.out, n)
	if !l.runs {
		l.runs = true
		l.lookLaterLocked()
	}
	return n
}

func (l *loans) lookLaterLocked() {
	if l.timer == nil {
		l.timer = time.AfterFunc(brief, l.look)
	} else {
		l.timer.Reset(brief)
	}
}

// end reports whether the goroutine reads on. It is for who began the loan.
func (l *loans) end(n *loan, r *reader) bool {
	defer l.pool.Put(n)
	return l.finish(n, r)
}

// cut ends a loan before its time, if it is still r's.
func (l *loans) cut(n *loan, r *reader) {
	if l.finish(n, r) {
		r.replace()
	}
}

// finish ends a loan, and reports whether nobody did before.
func (l *loans) finish(n *loan, r *reader) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.reader != r {
		return false
	}
	l.removeLocked(n)
	return true
}

func (l *loans) removeLocked(n *loan) {
	last := len(l.out) - 1
	moved := l.out[last]
	l.out[n.place], moved.place = moved, n.place
	l.out[last] = nil
	l.out = l.out[:last]
	n.reader = nil
}

// look ends the loans that are overdue: those that were out when it looked before.
func (l *loans) look() {
	for _, r := range l.overdue() {
		r.replace()
	}
}

func (l *loans) overdue() (readers []*reader) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.out) - 1; i >= 0; i-- { // what takes the place of one that is removed was looked at
		if n := l.out[i]; n.since < l.looks {
			readers = append(readers, n.reader)
			l.removeLocked(n)
		}
	}
	l.looks++
	if l.runs = len(l.out) > 0; l.runs {
		l.lookLaterLocked()
	}
	return readers
}

// Run implements transport.Runner.
func (r *reader) Run(t transport.Task) {
	if r.task != nil { // of another session
		r.conn.staff.readers.Run(t)
		return
	}
	r.task = t
}

// Wait implements transport.Runner.
func (r *reader) Wait() {
	if n := r.lent.Load(); n != nil {
		r.conn.staff.loans.cut(n, r)
	}
}

// work runs the task that waits, if there is one, and reports whether the goroutine reads on: not if the task took so long that another one does.
func (r *reader) work() (reads bool) {
	if r.task == nil {
		return true
	}
	task := r.task
	r.task = nil
	n := r.conn.staff.loans.begin(r)
	r.lent.Store(n)
	returned := false
	defer func() {
		r.lent.CompareAndSwap(n, nil)
		if reads = r.conn.staff.loans.end(n, r); reads && !returned { // the task has ended the goroutine
			r.replace()
		}
	}()
	task.Run()
	returned = true
	return reads
}

// replace has another goroutine read on in place of one that runs a task, and returns at once. What the task sends is not held back any more.
func (r *reader) replace() {
	r.conn.pump.Release()
	r.conn.staff.readers.Run((*shift)(r))
}

// letGo has the task that waits run by another goroutine.
func (r *reader) letGo() {
	if r.task != nil {
		r.conn.staff.readers.Run(r.task)
		r.task = nil
	}
}
