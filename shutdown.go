package hawser

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// Shutdown ends all sessions with CodeGoingAway, which tells their clients to go elsewhere: each begins another session within a second, or later if it had
// to be ended together with others, wherever it is let in, and sends there what this server had not accepted. It
//
//   - creates no more sessions; those that there are go on, also on other connections;
//   - ends one session after another, a thousand a second and all within the first half of the time that ctx's deadline leaves, each once the handlers of
//     what it had accepted have answered, and after everything that was sent to it;
//   - after three quarters of that time, ends those whose handlers are still at work, whose contexts end thereby;
//   - waits until all handlers have returned, OnDisconnect included, and what was sent has been acknowledged by those who are there;
//   - and a tenth of the time before the deadline closes all connections of sessions, acknowledged or not, so that http.Server.Shutdown has none to wait for.
//
// Afterwards Publish fails with broker.ErrClosed, unless Options.Broker was given.
//
// Without a deadline it waits for all of that for as long as it takes. Call it before http.Server.Shutdown, with the same ctx: that one waits for streams and
// held polls, which only this one ends, and closes the listener, by which clients acknowledge. The error is ctx's, or context.DeadlineExceeded, if something
// had to be given up.
func (s *Server) Shutdown(ctx context.Context) error {
	d := planDrain(ctx, s.lines.Len())
	s.lines.Refuse(d.spread)
	sessions := s.Sessions() // now that no more begin

	handlers, cancel := before(ctx, d.handlers)
	defer cancel()
	s.bid(handlers, d.spread, sessions)
	if s.handlers.Wait(handlers) != nil {
		for _, session := range s.Sessions() {
			session.(*clientSession).goAway(s.lines.ReturnIn()) //nolint:contextcheck // what follows an end does not end with Shutdown
		}
	}
	acks, cancel := before(ctx, d.acks)
	defer cancel()
	err := s.handlers.Wait(acks)
	err = cmp.Or(err, waitUntil(acks, func() bool { return s.lines.Unsettled() == 0 }))

	s.lines.Close()
	wires, cancel := before(ctx, d.wires)
	defer cancel()
	err = cmp.Or(err, waitUntil(wires, func() bool { return s.lines.Wires() == 0 }))
	s.lines.Forget()
	s.closePresence()
	if s.options.Broker == nil {
		err = cmp.Or(err, s.broker.Close())
	}
	if err != nil {
		return fmt.Errorf("hawser: shutdown: %w", err)
	}
	return nil
}

// A drain says when what Shutdown does is to be over. A zero time is never.
type drain struct {
	spread   time.Duration // in which sessions are ended, one after another
	handlers time.Time
	acks     time.Time
	wires    time.Time
}

// drainRate is how many sessions are ended a second, where there is time: each of them begins anew somewhere.
const drainRate = 1000

// planDrain divides the time that ctx leaves.
func planDrain(ctx context.Context, sessions int) drain {
	d := drain{spread: time.Duration(sessions) * time.Second / drainRate}
	deadline, ok := ctx.Deadline()
	if !ok {
		return d
	}
	now := time.Now()
	left := max(time.Until(deadline), 0)
	d.spread = min(d.spread, left/2)
	d.handlers = now.Add(left * 3 / 4)
	d.acks = now.Add(left * 9 / 10)
	d.wires = now.Add(left * 19 / 20)
	return d
}

// before returns a context that ends with ctx, or at a time, if it is one.
func before(ctx context.Context, at time.Time) (context.Context, context.CancelFunc) {
	if at.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, at)
}

// bid ends sessions, spread over a time: where other nodes can take sessions over, this is where clients are asked to go there instead (Line.Goaway).
func (s *Server) bid(ctx context.Context, spread time.Duration, sessions []Session) {
	began := time.Now()
	for i, session := range sessions {
		if early := time.Until(began.Add(spread * time.Duration(i) / time.Duration(len(sessions)))); early > 0 {
			select {
			case <-time.After(early):
			case <-ctx.Done():
				return
			}
		}
		session.(*clientSession).inbox.push(ownItem(opGoAway), nil) // handlers do not end with Shutdown
	}
}

// handleGoAway ends the session for Shutdown: what it had accepted before is handled, except by handlers that run beside.
func (s *clientSession) handleGoAway() {
	s.mu.Lock()
	s.leaving = true
	waits := s.beside > 0
	s.mu.Unlock()
	if !waits {
		s.goAway(soon())
	}
}

// besides counts handlers that run beside the inbox, and their answers. The last one ends a session that waits only for them.
func (s *clientSession) besides(n int) {
	s.mu.Lock()
	s.beside += n
	over := s.leaving && s.beside == 0
	s.mu.Unlock()
	if over {
		s.goAway(soon())
	}
}

func (s *clientSession) goAway(retry time.Duration) {
	s.end(CodeGoingAway, "the server is stopping", retry)
}

// waitUntil waits for done, or for ctx to end.
func waitUntil(ctx context.Context, done func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return cmp.Or(context.Cause(ctx), ctx.Err())
		}
	}
	return nil
}
