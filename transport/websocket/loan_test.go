package websocket_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport/transporttest"
)

// A task is what a frame asks for.
type task func()

func (t task) Run() { t() }

// asked opens a wire whose second frame asks for a task, and sends it. Frames that come later ask for nothing.
func asked(t *testing.T, host *transporttest.Host, s *transporttest.Server, task task) *peer {
	t.Helper()
	json, n := codec.JSON(), 0
	host.OnReceive = func(context.Context, []byte) error {
		if n++; n == 2 {
			host.Runner().Run(task)
		}
		return nil
	}
	p, err := dial(s, json)
	require.NoError(t, err)
	t.Cleanup(p.Leave)
	require.NoError(t, p.Send(transporttest.Hello(json)))
	_, err = p.Next()
	require.NoError(t, err)
	require.NoError(t, p.Send(transporttest.Event(json, []byte("asks"))))
	<-host.Up
	return p
}

func down(t *testing.T, p *peer) string {
	t.Helper()
	frame, err := p.Next()
	require.NoError(t, err)
	return string(frame)
}

func up(t *testing.T, host *transporttest.Host, p *peer) {
	t.Helper()
	frame := transporttest.Event(codec.JSON(), []byte("goes up"))
	require.NoError(t, p.Send(frame))
	assert.Equal(t, frame, <-host.Up)
}

func TestWhatATaskSendsGoesDown(t *testing.T) {
	run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		began := time.Now()
		p := asked(t, host, s, func() { host.Down([]byte("done")) })
		assert.Equal(t, "done", down(t, p))
		up(t, host, p)
		assert.Zero(t, time.Since(began))
	})
}

func TestTaskThatTakesItsTimeHoldsNothingUp(t *testing.T) {
	run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		gate := make(chan struct{})
		p := asked(t, host, s, func() {
			host.Down([]byte("begun"))
			<-gate
			host.Down([]byte("done"))
		})
		began := time.Now()
		assert.Equal(t, "begun", down(t, p))
		up(t, host, p)
		up(t, host, p)
		assert.Less(t, time.Since(began), 10*time.Millisecond)
		close(gate)
		assert.Equal(t, "done", down(t, p))
		up(t, host, p)
	})
}

func TestTaskThatWaitsHoldsNothingUp(t *testing.T) {
	run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		gate := make(chan struct{})
		began := time.Now()
		p := asked(t, host, s, func() {
			host.Down([]byte("waits"))
			host.Runner().Wait()
			host.Runner().Wait() // changes nothing
			<-gate
		})
		assert.Equal(t, "waits", down(t, p))
		up(t, host, p)
		close(gate)
		host.Runner().Wait() // nothing runs
		up(t, host, p)
		assert.Zero(t, time.Since(began))
	})
}

func TestTaskThatEndsItsGoroutineEndsNothingElse(t *testing.T) {
	run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		p := asked(t, host, s, func() {
			host.Down([]byte("the last"))
			runtime.Goexit()
		})
		assert.Equal(t, "the last", down(t, p))
		up(t, host, p)
		p.Leave()
		assert.Error(t, <-host.Detached)
	})
}

// A session whose inbox is full is read on when a handler has made room; the handler is what the frame before asked for.
func TestTaskIsRunWhileReceiveWaits(t *testing.T) {
	run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		room, json := make(chan struct{}), codec.JSON()
		host.OnReceive = func(ctx context.Context, _ []byte) error {
			host.Runner().Run(task(func() { close(room) }))
			host.OnReceive = nil
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-room:
				return nil
			}
		}
		p, err := dial(s, json)
		require.NoError(t, err)
		defer p.Leave()
		require.NoError(t, p.Send(transporttest.Hello(json)))
		assert.NotEmpty(t, down(t, p))
	})
}

func TestTaskOfAConnectionThatBreaksIsRun(t *testing.T) {
	run(t, nil, func(t *testing.T, host *transporttest.Host, s *transporttest.Server) {
		ran := make(chan struct{})
		host.OnReceive = func(context.Context, []byte) error {
			host.Runner().Run(task(func() { close(ran) }))
			return assert.AnError
		}
		p, err := dial(s, codec.JSON())
		require.NoError(t, err)
		defer p.Leave()
		require.NoError(t, p.Send(transporttest.Hello(codec.JSON())))
		<-ran
		synctest.Wait()
	})
}
