package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hawser-go/hawser/codec"
)

const (
	trips  = 4  // that are measured
	volume = 60 // calls that make enough bytes to measure a rate by, and that limits of volume notice
)

// polling examines requests: what they bring, how fast, and what happens to them on their way.
func (e *examination) polling(ctx context.Context) {
	s := e.newSession()
	began := time.Now()
	packets, err := e.poll(ctx, s, 1, s.calls(1)...)
	if err != nil {
		e.explainSend(ctx, pollingName, s, err)
		return
	}
	first := time.Since(began)
	if _, ok := welcomeOf(packets); !ok {
		e.chart.found(notHawser, pollingName, "the answer has no welcome")
		return
	}
	e.chart.welcomed(pollingName, first)
	median, ok := e.trips(ctx, s, first)
	if ok {
		e.rates(ctx, s, median)
	}
	if s.finish(ctx, 1) && ok {
		e.chart.found(postReplayed, "", "a session that was ended once had been ended before")
	}
}

// poll asks once, without waiting. Each poll of a session has a higher claim.
func (e *examination) poll(
	ctx context.Context, s *session, claim uint64, more ...*codec.Packet,
) ([]*codec.Packet, error) {
	packets, err := e.post(ctx, "poll", append([]*codec.Packet{s.hello(1, claim)}, more...)...)
	if err != nil {
		return nil, err
	}
	return packets, s.take(packets)
}

// trips measures round trips. It reports false if requests did not come through.
func (e *examination) trips(ctx context.Context, s *session, first time.Duration) (median time.Duration, ok bool) {
	var all []time.Duration
	for range trips {
		began := time.Now()
		if err := s.send(ctx, s.calls(1)...); err != nil {
			e.explainSend(ctx, pollingName, s, err)
			return 0, false
		}
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	median, slowest := all[len(all)/2], all[len(all)-1]
	e.chart.measured(func(r *Report) { r.RoundTrip = RoundTrip{millis(first), millis(median), millis(slowest)} })
	slow := e.options.SlowTrip
	if median >= slow || slowest-all[0] >= slow || first-median >= slow {
		e.chart.found(latency, "", fmt.Sprintf("a request takes %v, from %v to %v; the first, over a new connection, took %v",
			round(median), round(all[0]), round(slowest), round(first)))
	}
	return median, true
}

// explainSend says what became of a POST that failed.
func (e *examination) explainSend(ctx context.Context, transport string, s *session, err error) {
	why := diagnose(err)
	if why.name == connectionCut && e.arrived(ctx, s) {
		why = &symptom{answersLost, "the server handled a request, and its answer did not come"}
	}
	e.chart.failed(transport)
	e.chart.found(why.name, transport, why.detail)
}

// arrived asks the server, by a poll or by a WebSocket, whether it has all that was sent.
func (e *examination) arrived(ctx context.Context, s *session) bool {
	sent := s.sent
	w, ok := e.probe(ctx, s, 2)
	if !ok {
		w, ok = e.welcomeByWebSocket(ctx, s)
	}
	return ok && w.Recv >= sent
}

// rates measures how fast bytes go up, and come down.
func (e *examination) rates(ctx context.Context, s *session, trip time.Duration) {
	request := append([]*codec.Packet{s.hello(1, 1)}, s.calls(volume)...)
	began := time.Now()
	if _, err := e.post(ctx, "send", request...); err != nil {
		e.explainRate(err, len(join(request)))
		return
	}
	up := rate(len(join(request)), time.Since(began)-trip)
	down, bytes := 0, 0
	began = time.Now()
	for claim := uint64(2); claim < 8 && s.lacks(); claim++ {
		packets, err := e.poll(ctx, s, claim)
		if err != nil {
			e.explainRate(err, volume*len(callName))
			return
		}
		bytes += len(join(packets))
		down = rate(bytes, time.Since(began)-trip*time.Duration(claim-1))
	}
	e.chart.measured(func(r *Report) { r.Rate = Rate{up, down} })
	if slow := e.options.SlowRate; up > 0 && up < slow || down > 0 && down < slow {
		e.chart.found(slowLink, "", fmt.Sprintf("%s up, %s down", perSecond(up), perSecond(down)))
	}
}

func (e *examination) explainRate(err error, bytes int) {
	var why *symptom
	if errors.As(err, &why) && why.name == silence {
		e.chart.found(slowLink, "", fmt.Sprintf("%d bytes did not pass within %v", bytes, e.options.Patience))
		return
	}
	e.found(pollingName, err)
}

// lacks reports whether calls are unanswered.
func (s *session) lacks() bool { return s.recv < s.sent }

// rate returns bytes a second; 0 where it took too little to say.
func rate(bytes int, took time.Duration) int {
	if took < 5*time.Millisecond {
		return 0
	}
	return int(float64(bytes) / took.Seconds())
}

// found notes an error that is a symptom.
func (e *examination) found(transport string, err error) {
	s := diagnose(err)
	e.chart.found(s.name, transport, s.detail)
}
