package hawser

import (
	"container/heap"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hawser-go/hawser/codec"
)

const (
	// askAhead is how long before a token expires the client is asked for another one, at the most; at the least it is half of that.
	askAhead = 2 * time.Minute
	// lastAsk is when asking again is of no use any more.
	lastAsk = time.Second
)

// A ticket is the token of a session, as far as it expires.
type ticket struct {
	session *clientSession
	expires time.Time
	due     time.Time // when the client is to be asked, or, at the last, the session to be ended
	place   int       // in the queue
}

// nextAsk returns when to ask for a fresh token: by chance somewhere between a quarter and half of the time that is left before its end, but not much sooner
// than need be. At last it is the end itself.
func nextAsk(now, expires time.Time) time.Time {
	left := expires.Sub(now)
	if left < lastAsk {
		return expires
	}
	ahead := min(left/2, askAhead)
	return expires.Add(rand.N(ahead/2+1) - ahead)
}

// tickets are those of all sessions, in the order in which they are due. One timer is for all of them, and none while there are none.
type tickets struct {
	mu    sync.Mutex // guards what follows, and all tickets
	queue queue
	timer *time.Timer
}

// set says when the session's token expires; zero: never.
func (t *tickets) set(s *clientSession, expires time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropLocked(s)
	if !expires.IsZero() && s.ctx.Err() == nil {
		s.ticket = &ticket{session: s, expires: expires, due: nextAsk(time.Now(), expires)}
		heap.Push(&t.queue, s.ticket)
	}
	t.armLocked()
}

// drop forgets a session that has ended.
func (t *tickets) drop(s *clientSession) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dropLocked(s)
	t.armLocked()
}

func (t *tickets) dropLocked(s *clientSession) {
	if s.ticket != nil {
		heap.Remove(&t.queue, s.ticket.place)
		s.ticket = nil
	}
}

func (t *tickets) armLocked() {
	switch {
	case len(t.queue) == 0:
		if t.timer != nil {
			t.timer.Stop()
		}
	case t.timer == nil:
		t.timer = time.AfterFunc(time.Until(t.queue[0].due), t.run)
	default:
		t.timer.Reset(time.Until(t.queue[0].due))
	}
}

// run does what is due.
func (t *tickets) run() {
	ask, end := t.due(time.Now())
	for _, s := range ask {
		_ = s.sendWith(codec.Packet{Kind: codec.KindAuth}, nil)
	}
	for _, s := range end {
		// The client comes back by itself, and says who it is anew.
		s.end(CodeTokenExpired, "no fresh token came in time", soon())
	}
}

// due returns whom to ask for a fresh token, and whom to end because none has come.
func (t *tickets) due(now time.Time) (ask, end []*clientSession) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.queue) > 0 && !t.queue[0].due.After(now) {
		first := t.queue[0]
		if !first.expires.After(now) {
			end = append(end, first.session)
			t.dropLocked(first.session)
			continue
		}
		ask = append(ask, first.session)
		first.due = nextAsk(now, first.expires)
		heap.Fix(&t.queue, 0)
	}
	t.armLocked()
	return ask, end
}

// A queue is a heap of tickets, the one that is due first at its top.
type queue []*ticket

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *queue) Push(x any) {
	added := x.(*ticket)
	added.place = len(*q)
	*q = append(*q, added)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	removed := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return removed
}

// refreshed takes what fresh credentials say of the user, and has the channels look again.
func (s *clientSession) refreshed(user *User) {
	s.user.Store(user)
	s.server.tickets.set(s, user.Expires)
	for _, j := range s.memberships.list() {
		if j.channel.routes.find(routeKey{op: OpRecheck}) != nil {
			s.inbox.push(itemOf(OpRecheck, j), nil)
		}
	}
}

// handleRecheck asks whether the session may still be a member of a channel.
func (s *clientSession) handleRecheck(j joined) {
	r := j.channel.routes.find(routeKey{op: OpRecheck})
	if r == nil || !s.memberships.has(j.name) {
		return
	}
	c := s.context(OpRecheck)
	c.channel, c.params = j.name, j.params
	err := errLeft
	defer func() {
		if err != nil {
			e := s.toldOf(c, err)
			s.Leave(j.name, e.Code, e.Message)
		}
	}()
	err = s.run(r.wrapped, c)
}
