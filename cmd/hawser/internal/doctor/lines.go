package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hawser-go/hawser/codec"
)

// lateBy is from when on what comes late was held back.
const lateBy = 400 * time.Millisecond

// A subject is a kind of line to be examined.
type subject struct {
	name string
	// open opens a line with the session's hello, as wire 1 with claim 1, and a call. The error is of the opening.
	open func(ctx context.Context, s *session) (*line, error)
	// mute explains a line on which no welcome came.
	mute func(ctx context.Context, s *session, l *line)
}

// examine follows a line from its opening to the end of a watch.
func (e *examination) examine(ctx context.Context, t subject) {
	s := e.newSession()
	began := time.Now()
	l, err := t.open(ctx, s)
	if err != nil {
		e.found(t.name, err)
		return
	}
	defer l.stop()
	packets, err := l.next(ctx, e.options.Patience)
	switch {
	case errors.Is(err, errSilent):
		t.mute(ctx, s, l)
		return
	case err != nil:
		e.explainEnd(ctx, t.name, s, l)
		return
	}
	if err := s.take(packets); err != nil {
		e.found(t.name, err)
		return
	}
	w, ok := welcomeOf(packets)
	if !ok {
		e.chart.found(notHawser, t.name, "what comes first is no welcome")
		return
	}
	e.chart.welcomed(t.name, time.Since(began))
	if !w.Active {
		e.chart.found(postReplayed, "", "a new session was said to be connected already")
		_ = l.say(ctx, &codec.Packet{Kind: codec.KindUse, Wire: 1, Claim: 2, Recv: s.recv})
	}
	if err := e.exercise(ctx, t, s, l); err != nil {
		e.chart.failed(t.name)
		e.explain(ctx, t, s, l, err)
		return
	}
	_ = l.say(ctx, s.end()...)
}

// exercise uses a line that has opened: a little, much, and not at all for a time.
func (e *examination) exercise(ctx context.Context, t subject, s *session, l *line) error {
	if err := l.await(ctx, s, e.options.Patience); err != nil {
		return err
	}
	much := volume
	if e.chart.has(slowLink) {
		much = 1
	}
	for _, calls := range []int{1, 1, much} {
		began := time.Now()
		if err := l.echo(ctx, s, calls, e.options.Patience); err != nil {
			return err
		}
		if late := time.Since(began) - e.trip(); calls == 1 && t.name == streamName && late >= lateBy {
			e.chart.found(responsesBuffered, t.name, fmt.Sprintf("what the server sends at once comes %v later", round(late)))
		}
	}
	if err := l.quiet(ctx, s, e.options.Watch); err != nil {
		return err
	}
	return l.echo(ctx, s, 1, e.options.Patience)
}

// trip is what a request takes.
func (e *examination) trip() (trip time.Duration) {
	e.chart.measured(func(r *Report) { trip = time.Duration(float64(r.RoundTrip.Max) * float64(time.Millisecond)) })
	return trip
}

func (e *examination) explain(ctx context.Context, t subject, s *session, l *line, err error) {
	var why *symptom
	var uplink *uplinkError
	switch {
	case ctx.Err() != nil:
		e.chart.found(unfinished, t.name, "the examination was over before this was")
	case errors.As(err, &uplink):
		e.explainSend(ctx, t.name, s, err)
	case errors.Is(err, errSilent):
		e.explainSilence(ctx, t.name, s, l)
	case errors.As(err, &why) && why.name != connectionCut:
		e.chart.found(why.name, t.name, why.detail)
	default:
		if name := e.explainEnd(ctx, t.name, s, l); name == connectionCut {
			e.explainAge(ctx, t, time.Since(l.opened))
		}
	}
}

// probe opens a wire beside the one in use, without taking the session from it. If it does become the one in use, the server has no other.
func (e *examination) probe(ctx context.Context, s *session, wire uint64) (codec.Welcome, bool) {
	packets, err := e.post(ctx, "poll", s.hello(wire, 1))
	if err != nil {
		return codec.Welcome{}, false
	}
	return welcomeOf(packets)
}

// explainSilence says what a line suffers from that has worked, and on which nothing comes any more.
func (e *examination) explainSilence(ctx context.Context, name string, s *session, l *line) {
	after := fmt.Sprintf("after %d bytes nothing came any more", l.bytes.Load())
	if l.say(ctx, s.calls(1)...) == nil { // to see whether that arrives
		pause(ctx, 200*time.Millisecond)
	}
	w, ok := e.probe(ctx, s, 2)
	switch {
	case !ok:
		e.chart.found(stalled, name, after)
	case w.Active:
		e.chart.found(halfOpen, name, after+", and the server has lost the connection, which this side was not told")
	case w.Recv >= s.sent:
		e.chart.found(stalled, name, after+"; what goes up arrives (down)")
	default:
		use := &codec.Packet{Kind: codec.KindUse, Wire: 1, Claim: 2, Recv: s.recv}
		_, err := e.post(ctx, "send", s.hello(1, 1), use)
		if _, silent := l.next(ctx, time.Second); err == nil && silent == nil {
			e.chart.found(stalled, name, "what goes up does not arrive any more; what comes down does (up)")
			return
		}
		e.chart.found(stalled, name, after+", and what goes up does not arrive (both)")
	}
	s.finish(ctx, 1)
}

// explainEnd says why a line ended, and returns the name of what it found.
func (e *examination) explainEnd(ctx context.Context, name string, s *session, l *line) string {
	why := diagnose(l.err)
	after := fmt.Sprintf("after %d bytes and %v", l.bytes.Load(), round(time.Since(l.opened)))
	switch {
	case why.name != connectionCut:
		e.chart.found(why.name, name, why.detail)
		return why.name
	case name == streamName && l.err == io.EOF: //nolint:errorlint // as the parser returns it
		e.chart.found(streamTruncated, name, "the stream was ended as if it were complete, "+after)
		return streamTruncated
	}
	// Its end takes a moment to reach the server.
	for wire := uint64(2); wire < 5; wire++ {
		pause(ctx, 150*time.Millisecond)
		w, ok := e.probe(ctx, s, wire)
		if !ok || w.Active {
			break
		}
		if wire == 4 {
			e.chart.found(halfOpen, name,
				"the connection was "+howEnded(l.err)+" "+after+", and the server still believes it open")
			s.finish(ctx, 1)
			return halfOpen
		}
	}
	s.finish(ctx, 1)
	e.chart.found(connectionCut, name, "the connection was "+howEnded(l.err)+" "+after)
	return connectionCut
}

// explainAge tells a connection that was cut for its silence from one that was cut anyway: another lives as long if it is kept busy.
func (e *examination) explainAge(ctx context.Context, t subject, age time.Duration) {
	if age < e.options.Watch/4 {
		return // it was in use all the time
	}
	s := e.newSession()
	l, err := t.open(ctx, s)
	if err != nil {
		return
	}
	defer l.stop()
	if l.await(ctx, s, e.options.Patience) != nil { // what was said at the opening
		return
	}
	for time.Since(l.opened) < age+age/4 {
		if l.echo(ctx, s, 1, e.options.Patience) != nil {
			return
		}
		if l.quiet(ctx, s, age/16) != nil {
			return
		}
	}
	e.chart.rename(connectionCut, idleTimeout, t.name)
	_ = l.say(ctx, s.end()...)
}
