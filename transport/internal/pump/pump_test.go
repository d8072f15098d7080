package pump_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser/transport"
	"github.com/hawser-go/hawser/transport/internal/pump"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A queue is a wire that has nothing but what is put in it.
type queue struct {
	mu     sync.Mutex
	frames []string
	last   error
	dry    bool // it says that each frame is all
}

var _ transport.Wire = (*queue)(nil)

func (q *queue) put(frames ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.frames = append(q.frames, frames...)
}

func (q *queue) Next(dst []byte) ([]byte, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.frames) > 0 {
		dst = append(dst, q.frames[0]...)
		q.frames = q.frames[1:]
	}
	if len(q.frames) == 0 {
		return dst, q.last
	}
	return dst, nil
}

func (q *queue) Dry() bool { return q.dry }

func (*queue) Receive(context.Context, ...[]byte) error { return nil }
func (*queue) Hold() time.Duration                      { return 0 }
func (*queue) Detach(error)                             {}

// An outlet notes what it gets.
type outlet struct {
	written []string
	ended   []error
	write   func() error
}

// AppendNext marks where frames end.
func (o *outlet) AppendNext(dst []byte, w transport.Wire) ([]byte, error) {
	before := len(dst)
	dst, last := w.Next(dst)
	if len(dst) > before {
		dst = append(dst, ';')
	}
	return dst, last
}

func (o *outlet) AppendLast(dst []byte, last error) []byte { return append(dst, last.Error()...) }

func (o *outlet) Write(b []byte, last error) error {
	o.written = append(o.written, fmt.Sprint(string(b), " ", last))
	if o.write != nil {
		return o.write()
	}
	return nil
}

func (o *outlet) Ended(cause error) { o.ended = append(o.ended, cause) }

func TestWakeBeforeStartIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outlet{}
		p := pump.New(o)
		p.Wake()
		synctest.Wait()
		assert.Empty(t, o.written)
		p.Start(&queue{frames: []string{"a", "b"}})
		synctest.Wait()
		assert.Equal(t, []string{"a;b; <nil>"}, o.written)
		p.Stop()
	})
}

func TestWireThatIsDryIsNotAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, q := &outlet{}, &queue{frames: []string{"a", "b"}, dry: true}
		p := pump.New(o)
		p.Start(q)
		p.Wake()
		synctest.Wait()
		assert.Equal(t, []string{"a; <nil>"}, o.written)
		p.Wake()
		synctest.Wait()
		assert.Equal(t, []string{"a; <nil>", "b; <nil>"}, o.written)
		p.Stop()
	})
}

func TestNothingIsPulledWithoutAWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, q := &outlet{}, &queue{frames: []string{"a"}}
		p := pump.New(o)
		p.Start(q)
		synctest.Wait()
		assert.Empty(t, o.written)
		p.Stop()
	})
}

func TestWakeWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{frames: []string{"a"}}
		o := &outlet{}
		p := pump.New(o)
		o.write = func() error {
			if len(o.written) == 1 {
				q.put("b")
				p.Wake()
			}
			return nil
		}
		p.Start(q)
		p.Wake()
		synctest.Wait()
		assert.Equal(t, []string{"a; <nil>", "b; <nil>"}, o.written)
		p.Stop()
	})
}

func TestLastFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last := errors.New("over")
		o := &outlet{}
		p := pump.New(o)
		p.Start(&queue{frames: []string{"a", "b"}, last: last})
		p.Wake()
		synctest.Wait()
		p.Wake()
		synctest.Wait()
		assert.Equal(t, []string{"a;b;over over"}, o.written)
		assert.Equal(t, []error{last}, o.ended)
	})
}

func TestFinishEndsAWireThatNamesNoReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("refused")
		o := &outlet{}
		p := pump.New(o)
		p.Start(&queue{frames: []string{"a"}})
		p.Finish(cause)
		synctest.Wait()
		assert.Equal(t, []string{"a; <nil>", "refused refused"}, o.written)
		assert.Equal(t, []error{cause}, o.ended)
	})
}

func TestWriteThatFailsIsTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		o := &outlet{write: func() error { return broken }}
		p := pump.New(o)
		p.Start(&queue{frames: []string{"a", "b"}})
		p.Wake()
		synctest.Wait()
		p.Wake()
		synctest.Wait()
		assert.Len(t, o.written, 1)
		assert.Equal(t, []error{broken}, o.ended)
	})
}

func TestAWriteIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size, n = 40 << 10, 5
		q := &queue{}
		for range n {
			q.put(strings.Repeat("x", size))
		}
		o := &outlet{}
		p := pump.New(o)
		p.Start(q)
		p.Wake()
		synctest.Wait()
		assert.Len(t, o.written, 3, "two frames a write, and one is left")
		assert.Len(t, strings.Join(o.written, ""), n*(size+len(";"))+3*len(" <nil>"))
		p.Stop()
	})
}

func TestStopWaitsForTheWriteAndBeginsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const long = time.Minute
		o := &outlet{write: func() error { time.Sleep(long); return nil }}
		p := pump.New(o)
		p.Start(&queue{frames: []string{"a", "b"}})
		p.Wake()
		synctest.Wait()
		began := time.Now()
		p.Stop()
		assert.Equal(t, long, time.Since(began))
		p.Wake()
		synctest.Wait()
		assert.Len(t, o.written, 1)
	})
}

// BenchmarkWake is what one frame costs that goes down on an idle connection, without the write itself.
func BenchmarkWake(b *testing.B) {
	q := &queue{}
	o := signal{written: make(chan struct{})}
	p := pump.New(o)
	p.Start(q)
	frame := []string{"a frame of some bytes"}
	b.ReportAllocs()
	for b.Loop() {
		q.mu.Lock()
		q.frames = frame
		q.mu.Unlock()
		p.Wake()
		<-o.written
	}
	p.Stop()
}

type signal struct{ written chan struct{} }

func (signal) AppendNext(dst []byte, w transport.Wire) ([]byte, error) { return w.Next(dst) }
func (signal) AppendLast(dst []byte, _ error) []byte                   { return dst }

func (s signal) Write([]byte, error) error {
	s.written <- struct{}{}
	return nil
}

func (signal) Ended(error) {}
