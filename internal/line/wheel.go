package line

import "sync"

// A wheel holds lines by when they are to be looked at next, so that a sweep meets those alone and the rest cost nothing. It turns by one slot a tick,
// of sweepEvery; what is due later than a whole turn is looked at once a turn.
type wheel struct {
	mu     sync.Mutex // guards what follows, and the links of all lines; it may be taken while a line's lock is held, and no lock is taken under it
	slots  [turn]*Line
	passed tick
}

// turn is how many ticks the wheel has: 128 s.
const turn = 256

// A tick is a multiple of sweepEvery since the registry began: 68 years of them. 0 is none.
type tick uint32

// tickAt returns the first tick that is not before m.
func tickAt(m moment) tick { return tick((m + moment(sweepEvery) - 2) / moment(sweepEvery)) }

// links are a line's place in the list of its slot.
type links struct {
	next, prev *Line
	slot       uint16 // + 1; 0: in none
}

// move puts l where it is found at that tick, wherever it was, and returns when that is: at the next tick if it has passed.
func (w *wheel) move(l *Line, at tick) tick {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.removeLocked(l)
	at = min(max(at, w.passed+1), w.passed+turn-1)
	i := at % turn
	head := w.slots[i]
	l.links = links{next: head, slot: uint16(i) + 1}
	if head != nil {
		head.links.prev = l
	}
	w.slots[i] = l
	return at
}

func (w *wheel) remove(l *Line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.removeLocked(l)
}

func (w *wheel) removeLocked(l *Line) {
	if l.links.slot == 0 {
		return
	}
	if l.links.prev != nil {
		l.links.prev.links.next = l.links.next
	} else {
		w.slots[l.links.slot-1] = l.links.next
	}
	if l.links.next != nil {
		l.links.next.links.prev = l.links.prev
	}
	l.links = links{}
}

// advance takes out the lines of all ticks up to now, and appends them to due.
func (w *wheel) advance(due []*Line, now tick) []*Line {
	w.mu.Lock()
	defer w.mu.Unlock()
	for range min(now-min(now, w.passed), turn) {
		w.passed++
		for l := w.slots[w.passed%turn]; l != nil; l = w.slots[w.passed%turn] {
			w.removeLocked(l)
			due = append(due, l)
		}
	}
	w.passed = max(w.passed, now)
	return due
}

// empty takes out all lines.
func (w *wheel) empty() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.slots {
		for l := w.slots[i]; l != nil; l = w.slots[i] {
			w.removeLocked(l)
		}
	}
}
