package pump_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hawser-go/hawser/transport/internal/pump"
)

// flooded are both kinds of pump.
var flooded = map[string]func(*pipe) *pump.Pump{
	"without waiting": func(o *pipe) *pump.Pump { return pump.NewCrew().Pump(o) },
	"waiting":         func(o *pipe) *pump.Pump { return pump.New(waiting{o}) },
}

// A waiting outlet writes all of it, as one does whose connection has to be waited for.
type waiting struct{ *pipe }

func (w waiting) Write(b []byte, _ error) error {
	_, err := w.TryWrite(b)
	return err
}

func eachPump(t *testing.T, test func(t *testing.T, o *pipe, p *pump.Pump, q *queue)) {
	for name, pumpTo := range flooded {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, q := &pipe{room: 1 << 30}, &queue{}
				p := pumpTo(o)
				p.Start(q)
				defer p.Stop()
				test(t, o, p, q)
			})
		})
	}
}

// put puts a frame in the queue, and wakes the pump, which has done what it does at once when this returns.
func put(p *pump.Pump, q *queue, frame string) {
	q.put(frame)
	p.Wake()
	synctest.Wait()
}

func TestAFloodOfSmallFramesGathers(t *testing.T) {
	eachPump(t, func(t *testing.T, o *pipe, p *pump.Pump, q *queue) {
		const each, frames = 20 * time.Microsecond, 5000
		for range frames {
			put(p, q, "x")
			time.Sleep(each)
		}
		time.Sleep(pump.Interval)
		synctest.Wait()
		assert.Equal(t, strings.Repeat("x;", frames), strings.Join(o.taken, ""))
		most := pump.Burst + int(frames*each/pump.Interval) + 1
		assert.LessOrEqual(t, len(o.taken), most)
		assert.Greater(t, len(o.taken), most/2, "and no longer than that")
	})
}

func TestABurstDoesNotGather(t *testing.T) {
	eachPump(t, func(t *testing.T, o *pipe, p *pump.Pump, q *queue) {
		for range 10 {
			for range pump.Burst {
				before := len(o.taken)
				put(p, q, "x")
				assert.Len(t, o.taken, before+1)
			}
			time.Sleep(pump.Burst * pump.Interval)
		}
	})
}

func TestNothingGathersForWhoWaitsForThePeer(t *testing.T) {
	eachPump(t, func(t *testing.T, o *pipe, p *pump.Pump, q *queue) {
		const frames = 10_000
		began := time.Now()
		for i := range frames {
			for put(p, q, "x"); len(o.taken) == i; synctest.Wait() {
				q.put() // what is read here is written after the queue was looked at
				time.Sleep(time.Microsecond)
			}
		}
		assert.Less(t, time.Since(began), frames/pump.Fruitless*pump.Interval+2*pump.Interval)
	})
}

func TestLargeFramesDoNotGather(t *testing.T) {
	eachPump(t, func(t *testing.T, o *pipe, p *pump.Pump, q *queue) {
		large := strings.Repeat("x", pump.Large)
		for i := range 10 * pump.Burst {
			put(p, q, large)
			assert.Len(t, o.taken, i+1)
		}
	})
}

// gathering makes a pump gather, and puts a frame in the queue that waits.
func gathering(t *testing.T, o *pipe, p *pump.Pump, q *queue) {
	for range 2 * pump.Burst {
		put(p, q, "x")
	}
	o.taken = nil
	put(p, q, "last")
	assert.Empty(t, o.taken)
}

func TestAnswersDoNotGather(t *testing.T) {
	eachPump(t, func(t *testing.T, o *pipe, p *pump.Pump, q *queue) {
		gathering(t, o, p, q)
		p.Hold() // changes nothing
		p.Flush()
		synctest.Wait()
		assert.Contains(t, strings.Join(o.taken, ""), "last;")
		for range 10 * pump.Burst {
			before := len(o.taken)
			q.put("answer")
			p.Flush()
			synctest.Wait()
			assert.Len(t, o.taken, before+1)
		}
	})
}

func TestStopEndsTheGathering(t *testing.T) {
	eachPump(t, func(t *testing.T, o *pipe, p *pump.Pump, q *queue) {
		gathering(t, o, p, q)
		p.Stop()
		time.Sleep(time.Hour)
		assert.Empty(t, o.taken)
	})
}

func TestFinishWritesWhatHasGathered(t *testing.T) {
	eachPump(t, func(t *testing.T, o *pipe, p *pump.Pump, q *queue) {
		gathering(t, o, p, q)
		p.Finish(assert.AnError)
		time.Sleep(pump.Interval)
		synctest.Wait()
		assert.Regexp(t, "last;", strings.Join(o.taken, ""))
		assert.Equal(t, []error{assert.AnError}, o.ended)
	})
}

func TestAClockThatIsSetBackHoldsNothingUp(t *testing.T) {
	p := pump.PaceDue(time.Now().Add(time.Hour))
	assert.Zero(t, pump.Take(p))
}
