package hands

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type task func()

func (t task) Run() { t() }

// Synctest fails where a goroutine is left at the end.

func TestGoroutineStaysWhileSomebodyMayBringATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pool
		p.Add(1)
		before := runtime.NumGoroutine()
		for range 3 {
			ran := false
			p.Run(task(func() { ran = true }))
			synctest.Wait()
			require.True(t, ran)
			assert.Equal(t, before+1, runtime.NumGoroutine())
		}
		p.Done()
	})
}

func TestTasksDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pool
		p.Add(1)
		before := runtime.NumGoroutine()
		gate := make(chan struct{})
		began := make(chan struct{}, 2*maxParked)
		for range 2 * maxParked {
			p.Run(task(func() { began <- struct{}{}; <-gate }))
		}
		for range 2 * maxParked {
			<-began
		}
		close(gate)
		synctest.Wait()
		assert.Equal(t, before+maxParked, runtime.NumGoroutine(), "no more stay")
		p.Done()
	})
}

func TestTaskMayEndItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pool
		p.Run(task(runtime.Goexit))
		assert.NoError(t, p.Wait(t.Context()))
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pool
		require.NoError(t, p.Wait(t.Context()))
		p.Add(1)
		gate := make(chan struct{})
		p.Run(task(func() { <-gate }))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, p.Wait(ctx), context.Canceled)
		p.Done()
		go close(gate)
		assert.NoError(t, p.Wait(t.Context()))
	})
}
