package memory

import (
	"container/heap"
	"time"
)

// A schedule says when something is over, for many things and with one timer: for the first of them, and none while there are none. Its owner's lock
// guards it.
type schedule[T any] struct {
	queue dues[T]
	timer *time.Timer
	armed time.Time // what the timer is set to; zero: it is not
	fire  func()    // of the timer: takes the lock and calls expireLocked
}

// A due is one of them.
type due[T any] struct {
	what  T
	at    time.Time
	place int // in the queue
}

// setLocked puts d in, or moves it.
func (s *schedule[T]) setLocked(d *due[T], at time.Time, queued bool) {
	d.at = at
	if queued {
		heap.Fix(&s.queue, d.place)
	} else {
		heap.Push(&s.queue, d)
	}
	s.armLocked()
}

// dropLocked takes d out.
func (s *schedule[T]) dropLocked(d *due[T]) {
	heap.Remove(&s.queue, d.place)
	if len(s.queue) == 0 {
		s.clearLocked()
	}
}

// expireLocked takes out what is over, the first first, and calls over for each.
func (s *schedule[T]) expireLocked(over func(T)) {
	s.armed = time.Time{}
	for now := time.Now(); len(s.queue) > 0 && !s.queue[0].at.After(now); {
		over(heap.Pop(&s.queue).(*due[T]).what)
	}
	s.armLocked()
}

// armLocked sets the timer, if it would be late. One that comes early finds nothing, and is set again.
func (s *schedule[T]) armLocked() {
	if len(s.queue) == 0 || !s.armed.IsZero() && !s.queue[0].at.Before(s.armed) {
		return
	}
	s.armed = s.queue[0].at
	if s.timer == nil {
		s.timer = time.AfterFunc(time.Until(s.armed), s.fire)
		return
	}
	s.timer.Reset(time.Until(s.armed))
}

// clearLocked forgets all.
func (s *schedule[T]) clearLocked() {
	s.queue = nil
	s.armed = time.Time{}
	if s.timer != nil {
		s.timer.Stop()
	}
}

// dues is a heap, the first to be over on top.
type dues[T any] []*due[T]

func (q dues[T]) Len() int           { return len(q) }
func (q dues[T]) Less(i, j int) bool { return q[i].at.Before(q[j].at) }

func (q dues[T]) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *dues[T]) Push(x any) {
	d := x.(*due[T])
	d.place = len(*q)
	*q = append(*q, d)
}

func (q *dues[T]) Pop() any {
	last := len(*q) - 1
	d := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return d
}
