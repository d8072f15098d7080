package line

import (
	"hash/maphash"
	"math/rand/v2"
	"time"
)

// An admission bounds how many sessions begin: so many a second, after a burst, and so many in all. Those that it turns away are told when to come back: each
// gets a place in a queue that moves at the admitted rate, so that a stampede comes back as an even stream and not as the next stampede. The queue is advice
// and not a reservation: whoever comes while there is room is let in, and clients that never come back cost nobody anything.
type admission struct {
	interval time.Duration // between two sessions; 0: no bound
	burst    time.Duration // how far ahead of the rate sessions may begin
	most     int           // sessions in all; 0: no bound

	ahead moment // when the rate will have caught up with what was admitted
	queue moment // the last place given
	logs  moment // when turning away may be logged again

	// places are those given: wires that race for one session have one, and so has a client that does not wait for its own.
	places recent[uint64, moment]
	seed   maphash.Seed

	admitted, turnedAway uint64
}

const (
	// spread is how much chance is in an advice: clients of several servers that got the same places do not meet again.
	spread = time.Second
	// longest is the longest advice: beyond it the queue is a guess.
	longest = 10 * time.Minute
	// whenFull is what the queue assumes of a server that has all the sessions it may have: that one ends so often, from some time on.
	whenFull      = time.Millisecond
	whenFullAfter = 5 * time.Second
	// maxPlaces is how many places are remembered.
	maxPlaces = 1 << 16
	// logEvery is how often it is logged that clients are turned away.
	logEvery = time.Minute
)

func newAdmission(rate, burst, most int) admission {
	a := admission{most: most, seed: maphash.MakeSeed()}
	a.places.limit = maxPlaces
	if rate > 0 {
		a.interval = max(time.Second/time.Duration(rate), 1)
		a.burst = a.interval * time.Duration(max(burst, 1)-1)
	}
	return a
}

// admit reports whether the session with that key may begin beside those that there are, and if not, when to ask again.
func (a *admission) admit(key string, now moment, sessions int) (retry time.Duration, ok bool) {
	if a.most > 0 && sessions >= a.most {
		return a.turnAway(key, now.add(whenFullAfter), now, max(a.interval, whenFull)), false
	}
	if a.interval > 0 {
		ahead := max(a.ahead, now)
		if ahead.sub(now) > a.burst {
			return a.turnAway(key, now, now, a.interval), false
		}
		a.ahead = ahead.add(a.interval)
	}
	a.admitted++
	return 0, true
}

// turnAway gives a client a place, which is not before from: the one that it has, or the next.
func (a *admission) turnAway(key string, from, now moment, interval time.Duration) time.Duration {
	a.turnedAway++
	hash := maphash.String(a.seed, key)
	if place, has := a.places.find(hash, now); has && place > now && key != "" {
		return place.sub(now)
	}
	a.queue = max(a.queue, from).add(interval)
	wait := a.queue.sub(now)
	if wait > longest {
		a.queue = now.add(longest)
		wait = rand.N(longest)
	}
	place := now.add(wait + rand.N(spread))
	a.places.keep(hash, place, place, now)
	return place.sub(now)
}

// shouldLog reports whether it should be said now that clients are turned away.
func (a *admission) shouldLog(now moment) bool {
	if now < a.logs {
		return false
	}
	a.logs = now.add(logEvery)
	return true
}
