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
		var stays *hand
		for range 3 {
			ran := false
			p.Run(task(func() { ran = true }))
			synctest.Wait()
			require.True(t, ran)
			require.Len(t, p.parked, 1)
			if stays == nil {
				stays = p.parked[0]
			}
			assert.Same(t, stays, p.parked[0])
		}
		p.Done()
	})
}

func TestTasksDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pool
		p.Add(1)
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
		assert.Len(t, p.parked, maxParked, "no more stay: the bubble ends only when the others have")
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
