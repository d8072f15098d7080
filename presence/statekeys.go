package presence

import (
	"slices"
	"time"
)

// stateKeys are the keys of states that a membership has in use: few, and mostly none, which takes no memory. The membership's lock guards them.
type stateKeys []stateUse

type stateUse struct {
	key   string
	until time.Time
}

// use notes that a key is in use until then, and reports whether there is room for it.
func (k *stateKeys) use(key string, until, now time.Time, limit int) bool {
	k.forget(now)
	for i := range *k {
		if u := &(*k)[i]; u.key == key {
			if until.After(u.until) {
				u.until = until
			}
			return true
		}
	}
	if len(*k) >= limit {
		return false
	}
	*k = append(*k, stateUse{key, until})
	return true
}

// has reports whether a key is in use.
func (k stateKeys) has(key string, now time.Time) bool {
	return slices.ContainsFunc(k, func(u stateUse) bool { return u.key == key && u.until.After(now) })
}

// forget drops those whose time is over.
func (k *stateKeys) forget(now time.Time) {
	*k = slices.DeleteFunc(*k, func(u stateUse) bool { return !u.until.After(now) })
	if len(*k) == 0 {
		*k = nil
	}
}
