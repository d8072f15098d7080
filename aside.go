package hawser

import (
	"errors"
	"time"

	"github.com/hawser-go/hawser/channel"
)

// Asides are joins of one session that wait for a broker which is slow to subscribe. What their session asks of other channels, and of the server, goes on
// meanwhile; what comes for their own channels waits behind them. They belong to the goroutine that runs the session's inbox.
type asides struct {
	joins map[string]*aside // by channel
	after chain             // what waits for all of them: the session's end
}

// An aside is one of them.
type aside struct {
	join   *joining
	result reservation // once its item has come
	held   chain       // for its channel
}

// A reservation is what came of asking for one.
type reservation struct {
	made *channel.Reservation
	err  error
}

// errAside says of a join that it goes on when the broker has answered.
var errAside = errors.New("hawser: the join was put aside")

// joinPatience is how long a session's other business waits for a broker that is to subscribe: so long, things happen in the order in which they were asked.
const joinPatience = 250 * time.Millisecond

// reserve reserves a place in the channel, or puts the join aside.
func (s *clientSession) reserve(j *joining) (*channel.Reservation, error) {
	if s.server.hub.Subscribed(j.c.channel) {
		r := s.reserveNow(j)
		return r.made, r.err
	}
	done := make(chan reservation, 1)
	go func() { done <- s.reserveNow(j) }()
	patience := time.NewTimer(joinPatience)
	defer patience.Stop()
	select {
	case r := <-done:
		return r.made, r.err
	case <-patience.C:
		s.putAside(j, done)
		return nil, errAside
	}
}

func (s *clientSession) reserveNow(j *joining) reservation {
	ctx, cancel := s.bounded(s.ctx)
	defer cancel()
	if !s.memberships.has(j.c.channel) {
		return reservation{err: errRemoved}
	}
	r, err := s.server.hub.Reserve(ctx, j.c.channel, (*member)(s))
	return reservation{r, s.unavailable(j.c, err)}
}

func (s *clientSession) putAside(j *joining, done <-chan reservation) {
	if s.asides == nil {
		s.asides = &asides{joins: map[string]*aside{}}
	}
	a := &aside{join: j}
	s.asides.joins[j.c.channel] = a
	s.server.handlers.Add(1)
	go func() {
		defer s.server.handlers.Done()
		a.result = <-done
		s.inbox.push(itemOf(opReserved, joined{name: j.c.channel}), nil)
	}()
}

// handleReserved goes on with a join that was aside, and then with what waits behind it.
func (s *clientSession) handleReserved(name string) {
	a := s.asides.joins[name]
	delete(s.asides.joins, name)
	if len(s.asides.joins) == 0 {
		a.held.join(s.asides.after)
		s.asides = nil
	}
	s.inbox.pushFront(a.held)
	s.takeJoin(a.join, func() error {
		if a.result.err != nil {
			return a.result.err
		}
		return s.enterOrRetry(a.join, a.result.made)
	})
}

// hold keeps an item that has to wait, and reports whether it has.
func (a *asides) hold(i *item) bool {
	if a == nil || i.op == opReserved {
		return false
	}
	if i.op == OpDisconnect || i.op == opGoAway {
		a.after.add(i)
		return true
	}
	name := i.left.name
	if i.fromClient() {
		name = i.packet.Channel
	}
	join := a.joins[name]
	if join != nil {
		join.held.add(i)
	}
	return join != nil
}
