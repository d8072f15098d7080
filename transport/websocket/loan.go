package websocket

import (
	"sync"
	"time"

	"github.com/hawser-go/hawser/transport"
)

// brief is for how long the goroutine that reads may do something else, before another one reads in its place.
const brief = time.Millisecond

// loans are lent to readers while they run a task. The zero value is ready.
type loans struct{ pool sync.Pool }

// A loan is the time of a reading goroutine that runs a task. Its timer decides who reads when the task has run: whoever stops it, or else the goroutine that
// it starts.
type loan struct {
	timer  *time.Timer
	reader *reader
}

func (l *loans) begin(r *reader) *loan {
	n, _ := l.pool.Get().(*loan)
	if n == nil {
		n = &loan{}
		n.reader = r
		n.timer = time.AfterFunc(brief, n.over)
		return n
	}
	n.reader = r
	n.timer.Reset(brief)
	return n
}

// end reports whether the goroutine reads on.
func (l *loans) end(n *loan) bool {
	if !n.timer.Stop() {
		return false // the timer's goroutine may still look at it
	}
	n.reader = nil
	l.pool.Put(n)
	return true
}

// cut ends the loan before its time.
func (n *loan) cut() {
	if n.timer.Stop() {
		n.over()
	}
}

func (n *loan) over() { n.reader.replace() }

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
		n.cut()
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
		if reads = r.conn.staff.loans.end(n); reads && !returned { // the task has ended the goroutine
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
