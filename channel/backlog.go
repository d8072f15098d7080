package channel

// A backlog is things that wait, in order; of those with the same key, unless it is "", only the latest, at its own place. Its zero value is empty.
type backlog[T any] struct {
	items []waiting[T] // with holes
	byKey map[string]int
	holes int
	bytes int
}

type waiting[T any] struct {
	thing T
	key   string
	bytes int
	hole  bool
}

func (b *backlog[T]) len() int { return len(b.items) - b.holes }

// fits reports whether one more of that many bytes is within bounds. An empty backlog takes any one.
func (b *backlog[T]) fits(bytes, maxLen, maxBytes int) bool {
	return b.len() == 0 || b.len() < maxLen && b.bytes+bytes <= maxBytes
}

func (b *backlog[T]) add(thing T, key string, bytes int) {
	b.remove(key)
	if key != "" {
		if b.byKey == nil {
			b.byKey = map[string]int{}
		}
		b.byKey[key] = len(b.items)
	}
	b.items = append(b.items, waiting[T]{thing: thing, key: key, bytes: bytes})
	b.bytes += bytes
}

// remove removes what has that key.
func (b *backlog[T]) remove(key string) {
	i, ok := b.byKey[key]
	if !ok {
		return
	}
	delete(b.byKey, key)
	b.bytes -= b.items[i].bytes
	b.items[i] = waiting[T]{hole: true}
	b.holes++
	if b.holes > 16 && b.holes > b.len() {
		b.closeUp()
	}
}

func (b *backlog[T]) closeUp() {
	kept := b.items[:0]
	for _, w := range b.items {
		if w.hole {
			continue
		}
		if w.key != "" {
			b.byKey[w.key] = len(kept)
		}
		kept = append(kept, w)
	}
	clear(b.items[len(kept):])
	b.items, b.holes = kept, 0
}

// clear empties the backlog. It keeps memory for about as much as waited, if that is not much.
func (b *backlog[T]) clear() {
	if len(b.items) > 256 {
		*b = backlog[T]{}
		return
	}
	clear(b.items)
	clear(b.byKey)
	*b = backlog[T]{items: b.items[:0], byKey: b.byKey}
}

// all calls yield with everything that waits, in order.
func (b *backlog[T]) all(yield func(thing T, bytes int) bool) {
	for i := range b.items {
		if w := &b.items[i]; !w.hole && !yield(w.thing, w.bytes) {
			return
		}
	}
}
