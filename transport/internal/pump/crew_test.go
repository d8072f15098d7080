package pump_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hawser-go/hawser/transport/internal/pump"
)

// A pipe is an outlet with room for so many bytes; a write that waits has room for all.
type pipe struct {
	outlet
	room  int
	taken []string
	fails error
	note  func()
}

func (p *pipe) TryWrite(b []byte) (int, error) {
	if p.note != nil {
		p.note()
	}
	n := min(p.room, len(b))
	p.room -= n
	p.taken = append(p.taken, string(b[:n]))
	return n, p.fails
}

func TestCrewWritesWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, q := &pipe{room: 100}, &queue{frames: []string{"a", "b"}}
		p := pump.NewCrew().Pump(o)
		p.Wake() // too early, and kept
		synctest.Wait()
		p.Start(q)
		synctest.Wait()
		q.put("c")
		p.Wake()
		synctest.Wait()
		assert.Equal(t, []string{"a;b;", "c;"}, o.taken)
		assert.Empty(t, o.written)
		p.Stop()
	})
}

func TestFlushWritesBeforeItReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, q := &pipe{room: 100}, &queue{}
		p := pump.NewCrew().Pump(o)
		p.Start(q)
		q.put("a")
		p.Flush()
		assert.Equal(t, []string{"a;"}, o.taken)
		p.Stop()
	})
}

func TestHoldGathersWhatIsWokenFor(t *testing.T) {
	for name, end := range map[string]func(*pump.Pump){"flush": (*pump.Pump).Flush, "release": (*pump.Pump).Release} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, q := &pipe{room: 100}, &queue{}
				p := pump.NewCrew().Pump(o)
				p.Start(q)
				p.Hold()
				q.put("a")
				p.Wake()
				synctest.Wait()
				q.put("b")
				p.Wake()
				synctest.Wait()
				assert.Empty(t, o.taken)
				end(p)
				synctest.Wait()
				assert.Equal(t, []string{"a;b;"}, o.taken)
				q.put("c")
				p.Wake()
				synctest.Wait()
				assert.Equal(t, []string{"a;b;", "c;"}, o.taken)
				p.Stop()
			})
		})
	}
}

func TestFinishEndsAHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, cause := &pipe{room: 100}, errors.New("refused")
		p := pump.NewCrew().Pump(o)
		p.Start(&queue{frames: []string{"a"}})
		p.Hold()
		p.Finish(cause)
		synctest.Wait()
		assert.Equal(t, []string{"a;", "refused"}, o.taken)
		assert.Equal(t, []error{cause}, o.ended)
		p.Stop()
	})
}

func TestHoldLeavesARunAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, q := &pipe{}, &queue{frames: []string{"a"}}
		gate := make(chan struct{})
		o.write = func() error { <-gate; return nil }
		p := pump.NewCrew().Pump(o)
		p.Start(q)
		p.Wake()
		synctest.Wait()
		p.Hold()
		q.put("b")
		p.Wake()
		close(gate)
		synctest.Wait()
		assert.Equal(t, []string{"a; <nil>", "b; <nil>"}, o.written)
		p.Stop()
	})
}

func TestWhatThePeerDoesNotTakeIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, q := &pipe{room: 3}, &queue{frames: []string{"abcdef"}}
		o.write = func() error { time.Sleep(time.Minute); return nil }
		p := pump.NewCrew().Pump(o)
		p.Start(q)
		p.Wake()
		synctest.Wait()
		q.put("g") // while the peer is slow
		p.Wake()
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, []string{"abc"}, o.taken)
		assert.Equal(t, []string{"def; <nil>", "g; <nil>"}, o.written)

		o.room = 100
		q.put("h") // it has caught up
		p.Wake()
		synctest.Wait()
		assert.Equal(t, []string{"abc", "h;"}, o.taken)
		p.Stop()
	})
}

func TestSlowPeerHoldsNobodyElseUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crew := pump.NewCrew()
		slow, stalled := &pipe{}, make(chan struct{})
		slow.write = func() error { <-stalled; return nil }
		var pumps []*pump.Pump
		start := func(o *pipe) {
			p := crew.Pump(o)
			p.Start(&queue{frames: []string{"a"}})
			p.Wake()
			pumps = append(pumps, p)
		}
		start(slow)
		fast := make([]pipe, 100)
		for i := range fast {
			fast[i].room = 10
			start(&fast[i])
		}
		synctest.Wait()
		for i := range fast {
			assert.Equal(t, []string{"a;"}, fast[i].taken)
		}
		close(stalled)
		for _, p := range pumps {
			p.Stop()
		}
		assert.Equal(t, []string{"a; <nil>"}, slow.written)
	})
}

func TestConnectionsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var order []string
		crew := pump.NewCrew()
		note := func(name string) *pipe {
			o := &pipe{room: 1 << 30}
			o.note = func() {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, name)
			}
			return o
		}
		// All are put on one shard, whose worker is kept busy until all wait.
		var pumps []*pump.Pump
		gate := make(chan struct{})
		first := note("gate")
		first.note = func() { <-gate }
		add := func(o *pipe, q *queue) {
			p := crew.Pump(o)
			for range pump.Shards(crew) - 1 {
				crew.Pump(o).Start(q) // takes a place on another
			}
			p.Start(q)
			p.Wake()
			pumps = append(pumps, p)
		}
		add(first, &queue{frames: []string{"x"}})
		synctest.Wait()
		big := strings.Repeat("x", 64<<10)
		add(note("greedy"), &queue{frames: []string{big, big, big}})
		add(note("modest"), &queue{frames: []string{"a"}})
		close(gate)
		synctest.Wait()
		assert.Equal(t, []string{"greedy", "modest", "greedy", "greedy"}, order)
		for _, p := range pumps {
			p.Stop()
		}
	})
}

func TestWorkersHelpEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crew := pump.NewCrewOf(2)
		var pumps [2][]*pump.Pump // by the worker whose they are
		outlets := map[*pump.Pump]*pipe{}
		for i := range 4 * pump.Few {
			o := &pipe{room: 10}
			p := crew.Pump(o)
			p.Start(&queue{frames: []string{"a"}})
			pumps[i%2] = append(pumps[i%2], p)
			outlets[p] = o
		}
		busy, idle := pumps[0], pumps[1]
		gate := make(chan struct{})
		outlets[busy[0]].note = func() { <-gate }
		busy[0].Wake()
		synctest.Wait() // its worker does not come round to what follows
		for _, p := range busy[1:] {
			p.Wake()
		}
		synctest.Wait()
		for _, p := range busy {
			assert.Empty(t, outlets[p].taken)
		}
		idle[0].Wake()
		synctest.Wait()
		for _, p := range append(busy[1:], idle[0]) {
			assert.Equal(t, []string{"a;"}, outlets[p].taken)
		}
		close(gate)
		synctest.Wait()
		assert.Equal(t, []string{"a;"}, outlets[busy[0]].taken)
		for p := range outlets {
			p.Stop()
		}
	})
}

// TestManyConnections checks that none is forgotten, whoever adds and whoever takes.
func TestManyConnections(t *testing.T) {
	const wakers, each, connections = 8, 50, 5 * pump.Few
	crew := pump.NewCrewOf(4)
	var pumps []*pump.Pump
	var queues []*queue
	var written sync.WaitGroup
	written.Add(wakers * each * connections)
	for range connections {
		q := &queue{}
		p := crew.Pump(&counting{frames: &written})
		p.Start(q)
		pumps, queues = append(pumps, p), append(queues, q)
	}
	for range wakers {
		go func() {
			for range each {
				for i, p := range pumps {
					queues[i].put("x")
					p.Wake()
				}
			}
		}()
	}
	written.Wait()
	for _, p := range pumps {
		p.Stop()
	}
}

// A counting outlet takes everything, and counts the frames.
type counting struct {
	outlet
	frames *sync.WaitGroup
}

func (c *counting) TryWrite(b []byte) (int, error) {
	c.frames.Add(-strings.Count(string(b), ";"))
	return len(b), nil
}

func TestCrewsWriteThatFailsIsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		o := &pipe{room: 100, fails: broken}
		p := pump.NewCrew().Pump(o)
		p.Start(&queue{frames: []string{"a"}})
		p.Wake()
		synctest.Wait()
		p.Wake()
		p.Flush()
		synctest.Wait()
		assert.Len(t, o.taken, 1)
		assert.Equal(t, []error{broken}, o.ended)
		p.Stop()
	})
}

func TestCrewsLastFrame(t *testing.T) {
	for room := range len("a;over") + 1 {
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				last := errors.New("over")
				o := &pipe{room: room}
				p := pump.NewCrew().Pump(o)
				p.Start(&queue{frames: []string{"a"}, last: last})
				p.Wake()
				synctest.Wait()
				said := strings.Join(append(o.taken, o.written...), "")
				assert.Equal(t, "a;over", strings.TrimSuffix(said, " over"))
				assert.Equal(t, []error{last}, o.ended)
				p.Stop()
			})
		})
	}
}

// TestManyWakers checks that nothing is lost or doubled, whoever wakes, flushes and holds.
func TestManyWakers(t *testing.T) {
	const wakers, each = 8, 200
	synctest.Test(t, func(t *testing.T) {
		crew := pump.NewCrew()
		o, q := &pipe{room: 1 << 20}, &queue{}
		p := crew.Pump(o)
		p.Start(q)
		var all sync.WaitGroup
		for i := range wakers {
			all.Go(func() {
				for range each {
					q.put("x")
					switch i % 4 {
					case 0:
						p.Hold()
						p.Release()
					case 1:
						p.Hold()
						p.Flush()
					case 2:
						p.Flush()
					default:
						p.Wake()
					}
				}
			})
		}
		all.Wait()
		synctest.Wait()
		p.Stop()
		assert.Equal(t, strings.Repeat("x;", wakers*each), strings.Join(o.taken, ""))
	})
}

// BenchmarkCrew is what a wake costs where many connections are woken at once, without the write itself.
func BenchmarkCrew(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			crew := pump.NewCrew()
			var written sync.WaitGroup
			pumps := make([]*pump.Pump, n)
			queues := make([]*queue, n)
			for i := range pumps {
				pumps[i], queues[i] = crew.Pump(&sink{written: &written}), &queue{}
				pumps[i].Start(queues[i])
			}
			frame := []string{"a frame of some bytes"}
			b.ReportAllocs()
			for b.Loop() {
				written.Add(n)
				for i, p := range pumps {
					q := queues[i]
					q.mu.Lock()
					q.frames = frame
					q.mu.Unlock()
					p.Wake()
				}
				written.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/wake")
		})
	}
}

type sink struct {
	outlet
	written *sync.WaitGroup
}

func (s *sink) TryWrite(b []byte) (int, error) {
	s.written.Done()
	return len(b), nil
}
