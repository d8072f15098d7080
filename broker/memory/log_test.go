package memory_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/broker/brokertest"
	"github.com/hawser-go/hawser/broker/memory"
)

func TestLog(t *testing.T) { brokertest.Log(t, setup()) }

func add(tb testing.TB, b *memory.Broker, channel string, keep broker.Retention) broker.Position {
	tb.Helper()
	at, err := b.Append(tb.Context(), channel, broker.Message{Event: "e"}, keep)
	require.NoError(tb, err)
	return at
}

func TestSubscribersHaveGotItWhenAppendReturns(t *testing.T) {
	b := memory.New(memory.Options{})
	n := 0
	_, stop, err := b.Subscribe(t.Context(), "c", func(string, *broker.Entry) { n++ })
	require.NoError(t, err)
	for range 3 {
		add(t, b, "c", broker.Retention{})
	}
	assert.Equal(t, 3, n)
	stop()
}

func TestIdleChannelsAreBounded(t *testing.T) {
	const bound = 128
	b := memory.New(memory.Options{IdleChannels: bound})
	_, stop, err := b.Subscribe(t.Context(), "held", func(string, *broker.Entry) {})
	require.NoError(t, err)
	held := add(t, b, "held", broker.Retention{})
	epochs := map[string]string{}
	for i := range 10 * bound {
		name := fmt.Sprintf("idle%d", i)
		epochs[name] = add(t, b, name, broker.Retention{Size: 1}).Epoch
	}
	assert.Equal(t, held.Epoch, add(t, b, "held", broker.Retention{}).Epoch, "a channel that somebody subscribes to is never forgotten")

	kept := 0
	for i := range 10 * bound {
		// The last used come first, so that asking forgets only what was asked already.
		name := fmt.Sprintf("idle%d", 10*bound-1-i)
		p := add(t, b, name, broker.Retention{})
		if p.Epoch == epochs[name] {
			kept++
			assert.EqualValues(t, 2, p.Offset)
		} else {
			assert.EqualValues(t, 1, p.Offset, "a new epoch counts from the beginning")
		}
	}
	assert.Positive(t, kept)
	assert.LessOrEqual(t, kept, bound)

	stop()
	for i := range 100 * bound { // some of them share its shard
		add(t, b, fmt.Sprintf("idle%d", i), broker.Retention{})
	}
	page, err := b.Read(t.Context(), "held", broker.Query{})
	require.NoError(t, err)
	assert.NotEqual(t, held.Epoch, page.At.Epoch, "it is forgotten in its turn when the last one has left")
}

// What is too old takes no memory, also where nobody looks any more.
func TestWhatIsTooOldIsFreed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(memory.Options{})
		appendWeak := func(channel string, age time.Duration) weak.Pointer[[1024]byte] {
			data := new([1024]byte)
			m := broker.Message{Event: "e", Payloads: []broker.Payload{{Codec: "json", Data: data[:]}}}
			_, err := b.Append(t.Context(), channel, m, broker.Retention{Size: 10, Age: age})
			require.NoError(t, err)
			return weak.Make(data)
		}
		later, soon, never := appendWeak("later", time.Minute), appendWeak("soon", 5*time.Second), appendWeak("never", 0)
		inMemory := func() []bool {
			runtime.GC()
			return []bool{soon.Value() != nil, later.Value() != nil, never.Value() != nil}
		}
		assert.Equal(t, []bool{true, true, true}, inMemory())
		time.Sleep(6 * time.Second)
		synctest.Wait()
		assert.Equal(t, []bool{false, true, true}, inMemory())
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, []bool{false, false, true}, inMemory())
		require.NoError(t, b.Close())
	})
}

func TestClosedLog(t *testing.T) {
	b := memory.New(memory.Options{})
	n := 0
	_, stop, err := b.Subscribe(t.Context(), "c", func(string, *broker.Entry) { n++ })
	require.NoError(t, err)
	add(t, b, "c", broker.Retention{Size: 1, Age: time.Minute})
	require.NoError(t, b.Close())
	_, err = b.Append(t.Context(), "c", broker.Message{}, broker.Retention{})
	require.ErrorIs(t, err, broker.ErrClosed)
	_, err = b.Read(t.Context(), "c", broker.Query{})
	require.ErrorIs(t, err, broker.ErrClosed)
	_, _, err = b.Subscribe(t.Context(), "c", nil)
	require.ErrorIs(t, err, broker.ErrClosed)
	assert.Equal(t, 1, n)
	stop()
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{0, 1000} {
		b.Run(fmt.Sprintf("kept=%d", size), func(b *testing.B) {
			m := memory.New(memory.Options{})
			_, stop, _ := m.Subscribe(b.Context(), "c", func(string, *broker.Entry) {})
			defer stop()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = m.Append(b.Context(), "c", broker.Message{Event: "e"}, broker.Retention{Size: size, Age: time.Minute})
			}
		})
	}
}
