package line

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// arrivals are clients by when they come next.
type arrivals []arrival

type arrival struct {
	at    moment
	key   string
	tries int
	crowd bool // it was there from the start
}

func (a arrivals) Len() int           { return len(a) }
func (a arrivals) Less(i, j int) bool { return a[i].at < a[j].at }
func (a arrivals) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)        { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// A course is what became of a stampede.
type course struct {
	admitted []int // in each second
	crowd    int   // of those who were there from the start
	tries    int   // how often the most unlucky one of them came
}

// stampede lets clients come, with wires that race, and come back when they are told to, and later by what clients add of their own.
func stampede(a *admission, clients, wires int, newcomers, seconds int) course {
	var waiting arrivals
	key := func() string { return fmt.Sprint("key ", len(waiting)) }
	for range clients {
		waiting = append(waiting, arrival{at: 1, key: key(), crowd: true})
	}
	for second := range seconds {
		for range newcomers {
			waiting = append(waiting, arrival{at: moment(1).add(time.Duration(second)*time.Second + rand.N(time.Second)), key: key()})
		}
	}
	heap.Init(&waiting)
	c := course{admitted: make([]int, seconds)}
	for len(waiting) > 0 {
		next := heap.Pop(&waiting).(arrival)
		second := int(next.at.sub(1) / time.Second)
		if second >= seconds {
			break
		}
		next.tries++
		advice := time.Duration(0)
		in := false
		for range wires {
			retry, ok := a.admit(next.key, next.at, 0)
			if in = ok; in {
				break
			}
			advice = max(advice, retry)
		}
		if next.crowd {
			c.tries = max(c.tries, next.tries)
		}
		if !in {
			next.at = next.at.add(advice + rand.N(min(30*time.Second, time.Second<<(next.tries-1))))
			heap.Push(&waiting, next)
			continue
		}
		c.admitted[second]++
		if next.crowd {
			c.crowd++
		}
	}
	return c
}

func sum(of []int) (n int) {
	for _, k := range of {
		n += k
	}
	return n
}

func TestStampedeIsAdmittedAtTheStatedRate(t *testing.T) {
	const rate, clients = 1000, 50_000
	a := newAdmission(rate, rate, 0)
	c := stampede(&a, clients, 3, 0, 2*clients/rate)
	assert.Equal(t, clients, sum(c.admitted), "all of them, in less than twice the time that the rate needs")
	total := 0
	for second, n := range c.admitted {
		total += n
		assert.LessOrEqual(t, total, rate*(second+2), "never ahead of the rate by more than the burst")
		if 3 <= second && second < 40 {
			assert.GreaterOrEqual(t, n, rate*8/10, "nor far behind it, in second %d", second)
		}
	}
	assert.LessOrEqual(t, c.tries, 8, "nobody is turned away again and again")
	assert.Equal(t, uint64(clients), a.admitted)
}

func TestNewcomersDoNotStarveThoseWhoWait(t *testing.T) {
	const rate, clients = 100, 5000
	a := newAdmission(rate, rate, 0)
	c := stampede(&a, clients, 2, rate/2, 240)
	assert.Equal(t, clients, c.crowd, "with half of the rate to spare, they are in within twice the time and what clients add of their own")
	assert.LessOrEqual(t, c.tries, 16)
}

func TestBurstThenRate(t *testing.T) {
	a := newAdmission(10, 5, 0)
	now := moment(1)
	for range 5 {
		_, ok := a.admit("k", now, 0)
		assert.True(t, ok)
	}
	_, ok := a.admit("k", now, 0)
	assert.False(t, ok)
	_, ok = a.admit("k", now.add(100*time.Millisecond), 0)
	assert.True(t, ok)
	_, ok = a.admit("k", now.add(150*time.Millisecond), 0)
	assert.False(t, ok)
	for range 5 {
		_, ok = a.admit("k", now.add(time.Hour), 0)
		assert.True(t, ok, "a quiet hour saves up no more than the burst")
	}
	_, ok = a.admit("k", now.add(time.Hour), 0)
	assert.False(t, ok)
}

func TestAdviceGrowsWithTheCrowdAndHasABound(t *testing.T) {
	a := newAdmission(10, 1, 0)
	_, _ = a.admit("k", 1, 0)
	before := time.Duration(0)
	for n := range 100 {
		retry, ok := a.admit(fmt.Sprint(n), 1, 0)
		assert.False(t, ok)
		place := time.Duration(n+1) * 100 * time.Millisecond
		assert.GreaterOrEqual(t, retry, place)
		assert.Less(t, retry, place+spread)
		before = retry
	}
	for n := range 100_000 {
		retry, _ := a.admit(fmt.Sprint("more ", n), 1, 0)
		assert.LessOrEqual(t, retry, longest+spread)
	}
	retry, _ := a.admit("k", moment(1).add(time.Nanosecond), 1)
	assert.Positive(t, retry)
	_, ok := a.admit("k", moment(1).add(time.Hour), 0)
	assert.True(t, ok, "the crowd of an hour ago is nobody's concern")
	retry, ok = a.admit("k", moment(1).add(time.Hour), 0)
	assert.False(t, ok)
	assert.Less(t, retry, before)
}

func TestFullServerSpreadsThoseWhoComeBack(t *testing.T) {
	a := newAdmission(0, 0, 3)
	for range 1000 {
		_, ok := a.admit("k", 1, 2)
		assert.True(t, ok)
	}
	first, ok := a.admit("first", 1, 3)
	assert.False(t, ok)
	assert.GreaterOrEqual(t, first, whenFullAfter)
	for n := range 10_000 {
		_, _ = a.admit(fmt.Sprint(n), 1, 3)
	}
	later, _ := a.admit("later", 1, 3)
	assert.Greater(t, later, first+5*time.Second)
	assert.Equal(t, uint64(10_002), a.turnedAway)
}

func TestClientHasOnePlace(t *testing.T) {
	a := newAdmission(1, 1, 0)
	_, _ = a.admit("in", 1, 0)
	first, _ := a.admit("ann", 1, 0)
	again, _ := a.admit("ann", 1, 0)
	assert.Equal(t, first, again, "the other wires of a race")
	early, _ := a.admit("ann", moment(1).add(100*time.Millisecond), 0)
	assert.Equal(t, first-100*time.Millisecond, early, "and whoever does not wait")
	next, _ := a.admit("bob", 1, 0)
	assert.GreaterOrEqual(t, next, 2*time.Second)
	_, ok := a.admit("ann", moment(1).add(time.Second), 0)
	assert.True(t, ok, "where there is room, nobody waits for a place")

	at := moment(1).add(next)
	_, _ = a.admit("in before", at, 0)
	late, ok := a.admit("bob", at, 0)
	assert.False(t, ok)
	assert.Positive(t, late, "who comes at its moment and finds no room gets another place")
}

func TestPlacesAreBounded(t *testing.T) {
	a := newAdmission(1000, 1, 0)
	for n := range 2 * maxPlaces {
		_, _ = a.admit(fmt.Sprint(n), 1, 0)
	}
	assert.Len(t, a.places.byKey, maxPlaces)
	a.places.forget(moment(1).add(longest + spread + 1))
	assert.Empty(t, a.places.byKey)
}
