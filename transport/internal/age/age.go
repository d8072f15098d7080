// Package age says for how long a connection lasts.
package age

import (
	"math/rand/v2"
	"time"
)

// least is the shortest age: moving to another connection takes some time too.
const least = 4 * time.Second

// Ends returns when a connection that begins now is to be over: after most at the latest, and by chance up to a quarter of it sooner, so that those that began
// together do not end together. With 0 it lasts for ever, and the zero time is returned.
func Ends(most time.Duration) time.Time {
	if most <= 0 {
		return time.Time{}
	}
	most = max(most, least)
	return time.Now().Add(most - rand.N(most/4))
}
