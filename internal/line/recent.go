package line

// A recent remembers what was kept lately: each for its time, and at most so many; those kept first are forgotten first. While it is empty, it takes no memory.
type recent[K comparable, V any] struct {
	limit int
	byKey map[K]dated[V]
	order []queued[K] // as they were kept
}

type dated[V any] struct {
	value V
	until moment
}

type queued[K comparable] struct {
	key   K
	until moment
}

// keep remembers v until then, instead of what was kept before under that key.
func (r *recent[K, V]) keep(key K, v V, until, now moment) {
	r.forget(now)
	if r.limit <= 0 || until <= now {
		return
	}
	if len(r.order) >= r.limit {
		r.drop(1)
	}
	if r.byKey == nil {
		r.byKey = map[K]dated[V]{}
	}
	r.byKey[key] = dated[V]{v, until}
	r.order = append(r.order, queued[K]{key, until})
}

// find returns what is remembered under key.
func (r *recent[K, V]) find(key K, now moment) (v V, ok bool) {
	kept, ok := r.byKey[key]
	if !ok || now > kept.until {
		return v, false
	}
	return kept.value, true
}

// len returns how much is remembered, with what nobody has dropped since its time is over.
func (r *recent[K, V]) len() int { return len(r.order) }

// forget drops what was kept first, as far as its time is over.
func (r *recent[K, V]) forget(now moment) {
	n := 0
	for n < len(r.order) && now > r.order[n].until {
		n++
	}
	r.drop(n)
}

func (r *recent[K, V]) drop(n int) {
	for _, old := range r.order[:n] {
		if r.byKey[old.key].until == old.until { // and was not kept anew
			delete(r.byKey, old.key)
		}
	}
	r.order = r.order[n:]
	if len(r.order) == 0 {
		r.order, r.byKey = nil, nil
	}
}

func (r *recent[K, V]) clear() { r.drop(len(r.order)) }
