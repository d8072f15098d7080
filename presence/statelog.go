package presence

import (
	"container/list"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// A stateLog is the states of a channel, on all nodes, the one that changed last at the end. Only the latest of each session and key is in it; a watcher
// is a place in it. So one that does not keep up costs nothing, and gets what is the latest by then. The room's lock guards it.
type stateLog struct {
	byKey map[stateKey]*list.Element
	order list.List // of *shown
	last  uint64    // the place of the last change
}

type stateKey struct{ session, key string }

// A shown is a state in the log, or, until everybody has been told, that it was taken back.
type shown struct {
	State
	place uint64
	until time.Time
	tell  func(Watcher) bool
	made  time.Time // tell, which says how long the state lasts from then on
}

// A reader is a watcher's place in the log: what it has been told.
type reader struct{ seen uint64 }

// stale is how old the time may be that a watcher is told.
const stale = time.Second

func (s *stateLog) put(st State, until time.Time) {
	if s.byKey == nil {
		s.byKey = map[stateKey]*list.Element{}
	}
	s.last++
	next := &shown{State: st, place: s.last, until: until}
	k := stateKey{st.Session, st.Key}
	if e := s.byKey[k]; e != nil {
		e.Value = next
		s.order.MoveToBack(e)
		return
	}
	s.byKey[k] = s.order.PushBack(next)
}

func (s *stateLog) remove(e *list.Element) {
	sh := s.order.Remove(e).(*shown)
	delete(s.byKey, stateKey{sh.Session, sh.Key})
}

// after returns the first element that a reader has not seen, or nil.
func (s *stateLog) after(seen uint64) *list.Element {
	var first *list.Element
	for e := s.order.Back(); e != nil && e.Value.(*shown).place > seen; e = e.Prev() {
		first = e
	}
	return first
}

// forget drops what is over by now, and what was taken back and everybody has been told, who has seen as much.
func (s *stateLog) forget(now time.Time, seen uint64) {
	for e := s.order.Front(); e != nil; {
		next := e.Next()
		if sh := e.Value.(*shown); !sh.until.After(now) || len(sh.Data) == 0 && sh.place <= seen {
			s.remove(e)
		}
		e = next
	}
}

// stateChangedLocked takes a change of a state lease.
func (r *room) stateChangedLocked(l broker.Lease, held bool) {
	now := time.Now()
	st, until, err := decodeState(l, now)
	if err != nil {
		r.options.Logger.Error("hawser: presence: a state that nobody understands", "channel", r.channel, "error", err)
		return
	}
	watched := len(r.watchers) > 0
	if !held {
		e := r.states.byKey[stateKey{st.Session, st.Key}]
		if e == nil {
			return
		}
		if st.TTL == 0 || !watched { // its time is over, which watchers count, too; or nobody has to be told that it was taken back
			r.states.remove(e)
			return
		}
		st.Data = nil
	}
	r.states.put(st, until)
	if watched {
		r.pace.soonLocked()
	}
}

// tellStatesLocked tells each watcher the states that it has not seen, and reports whether there were any to tell.
func (r *room) tellStatesLocked() (told bool) {
	now := time.Now()
	slowest := r.states.last
	for w, reading := range r.watchers {
		for e := r.states.after(reading.seen); e != nil; e = e.Next() {
			sh := e.Value.(*shown)
			if sh.Session != w.ID() && sh.until.After(now) {
				told = true
				if !r.tellerLocked(sh, now)(w) {
					break
				}
			}
			reading.seen = sh.place
		}
		slowest = min(slowest, reading.seen)
	}
	r.states.forget(now, slowest)
	return told
}

func (r *room) tellerLocked(sh *shown, now time.Time) func(Watcher) bool {
	if sh.tell == nil || now.Sub(sh.made) > stale {
		st := sh.State
		st.TTL = sh.until.Sub(now)
		sh.tell, sh.made = r.options.Audience.State(r.channel, st), now
	}
	return sh.tell
}

// behindLocked reports whether there is a watcher who has not been told of all states that there are.
func (r *room) behindLocked() bool {
	for _, reading := range r.watchers {
		if r.states.after(reading.seen) != nil {
			return true
		}
	}
	return false
}
