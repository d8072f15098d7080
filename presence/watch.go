package presence

import (
	"context"
)

// Watch makes w a watcher of a channel. It calls first with who is here, and then has w told of every change after that, without a hole and without
// repetition; of states it is told from then on. first is called before the first diff, is under the same rules as an Audience's methods, and its error
// makes w no watcher, unless it was one before. To watch again calls first again, and changes nothing else. A snapshot that is asked for while changes are
// being gathered lacks them: they come in the next diff. Errors: the broker's, first's, ErrClosed.
func (t *Tracker) Watch(ctx context.Context, channel string, w Watcher, first func(here []Presence) error) error {
	r, err := t.use(channel)
	if err != nil {
		return err
	}
	uses := 1
	defer func() { t.unuse(r, uses) }()
	if err := r.open(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.view.changed() && r.pace.dueLocked() {
		r.flushLocked()
	}
	if err := first(r.view.known()); err != nil {
		return err
	}
	if _, again := r.watchers[w]; !again {
		r.watchers[w] = &reader{seen: r.states.last}
		uses = 0 // the watcher's
	}
	return nil
}

// Unwatch ends what Watch began. It reports whether w was a watcher.
func (t *Tracker) Unwatch(channel string, w Watcher) bool {
	r := t.find(channel)
	if r == nil {
		return false
	}
	r.mu.Lock()
	_, was := r.watchers[w]
	delete(r.watchers, w)
	if was && len(r.watchers) == 0 {
		r.view.forget()
	}
	r.mu.Unlock()
	if was {
		t.unuse(r, 2)
	} else {
		t.unuse(r, 1)
	}
	return was
}
