package hawser

import (
	"errors"
	"time"

	"github.com/hawser-go/hawser/channel"
)

// Asides are joins and leaves of one session that wait for a slow broker: to subscribe, or to know who is here. What their session asks of other channels, and
// of the server, goes on meanwhile; what comes for their own channels waits behind them. They belong to the goroutine that runs the session's inbox.
type asides struct {
	byChannel map[string]*aside
	after     chain // what waits for all of them: the session's end
}

// An aside is one of them.
type aside struct {
	then func() // goes on with it
	held chain  // for its channel
}

// A reservation is what came of asking for one.
type reservation struct {
	made *channel.Reservation
	err  error
}

// errAside says that something goes on when the broker has answered.
var errAside = errors.New("hawser: it was put aside")

// brokerPatience is how long a session's other business waits for the broker: so long, things happen in the order in which they were asked.
const brokerPatience = 250 * time.Millisecond

// reserve reserves a place in the channel, or puts the join aside.
func (s *clientSession) reserve(j *joining) (*channel.Reservation, error) {
	if s.server.hub.Subscribed(j.c.channel) {
		r := s.reserveNow(j)
		return r.made, r.err
	}
	var r reservation
	err := s.await(j.c.channel, func() { r = s.reserveNow(j) }, func() {
		s.takeJoin(j, func() error {
			if r.err != nil {
				return r.err
			}
			return s.enterOrRetry(j, r.made)
		})
	})
	if err != nil {
		return nil, err
	}
	return r.made, r.err
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

// await waits for what asks the broker about a channel. If that takes long, it fails with errAside, and then is called later, in the channel's turn.
func (s *clientSession) await(name string, ask, then func()) error {
	done := make(chan struct{})
	s.server.handlers.Add(1)
	go func() {
		defer s.server.handlers.Done()
		defer close(done)
		ask()
	}()
	patience := time.NewTimer(brokerPatience)
	defer patience.Stop()
	select {
	case <-done:
		return nil
	case <-patience.C:
		s.putAside(name, done, then)
		return errAside
	}
}

func (s *clientSession) putAside(name string, done <-chan struct{}, then func()) {
	if s.asides == nil {
		s.asides = &asides{byChannel: map[string]*aside{}}
	}
	s.asides.byChannel[name] = &aside{then: then}
	s.server.handlers.Add(1)
	go func() {
		defer s.server.handlers.Done()
		<-done
		s.inbox.push(itemOf(opAnswered, joined{name: name}), nil)
	}()
}

// handleAnswered goes on with what was aside, and then with what waits behind it.
func (s *clientSession) handleAnswered(name string) {
	a := s.asides.byChannel[name]
	delete(s.asides.byChannel, name)
	if len(s.asides.byChannel) == 0 {
		a.held.join(s.asides.after)
		s.asides = nil
	}
	s.inbox.pushFront(a.held)
	a.then()
}

// hold keeps an item that has to wait, and reports whether it has.
func (a *asides) hold(i *item) bool {
	if a == nil || i.op == opAnswered {
		return false
	}
	if i.op == OpDisconnect || i.op == opGoAway {
		a.after.add(i)
		return true
	}
	name := i.packet.Channel
	if i.left != nil {
		name = i.left.name
	}
	before := a.byChannel[name]
	if before != nil {
		before.held.add(i)
	}
	return before != nil
}
