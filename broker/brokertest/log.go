package brokertest

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
)

// Log is the contract of broker.Log as tests. A broker may keep more than it is asked to; it must not keep less, and never leave a hole.
func Log(t *testing.T, s Setup) {
	s.run(t, "Numbering", testNumbering)
	s.run(t, "Content", testContent)
	s.run(t, "ReadAfter", testReadAfter)
	s.run(t, "ReadBefore", testReadBefore)
	s.run(t, "Positions", testPositions)
	s.run(t, "Size", testSize)
	s.run(t, "Age", testAge)
	s.run(t, "KeepNothing", testKeepNothing)
	s.run(t, "OrderForAll", testOrderForAll)
	s.run(t, "SubscribeWhilePublishing", testSubscribeWhilePublishing)
	s.run(t, "StopSubscription", testStopSubscription)
}

// plenty keeps what a test appends.
var plenty = broker.Retention{Size: 10_000, Age: long}

func appendTo(t *testing.T, b broker.Log, channel, event string, keep broker.Retention) broker.Position {
	t.Helper()
	at, err := b.Append(t.Context(), channel, broker.Message{Event: event}, keep)
	require.NoError(t, err)
	return at
}

// appendMany appends n messages, whose events are their offsets, to a channel that is empty.
func appendMany(t *testing.T, b broker.Log, channel string, n int, keep broker.Retention) (last broker.Position) {
	t.Helper()
	for i := range n {
		last = appendTo(t, b, channel, strconv.Itoa(i+1), keep)
	}
	return last
}

func readPage(t *testing.T, b broker.Log, channel string, q broker.Query) broker.Page {
	t.Helper()
	page, err := b.Read(t.Context(), channel, q)
	require.NoError(t, err)
	return page
}

// consecutive checks that entries are from..to, as appendMany makes them.
func consecutive(t *testing.T, entries []broker.Entry, from, to uint64) {
	t.Helper()
	require.Len(t, entries, int(to-from+1))
	for i, e := range entries {
		n := from + uint64(i)
		require.Equal(t, n, e.Offset)
		require.Equal(t, strconv.FormatUint(n, 10), e.Event)
	}
}

func refused(t *testing.T, b broker.Log, channel string, q broker.Query, why broker.PositionReason, at broker.Position) {
	t.Helper()
	_, err := b.Read(t.Context(), channel, q)
	var useless *broker.PositionError
	require.ErrorAs(t, err, &useless)
	assert.Equal(t, why, useless.Reason, err)
	assert.Equal(t, at, useless.At, err)
	assert.NotEmpty(t, useless.Error())
}

func testNumbering(t *testing.T, _ Setup, a, b broker.Broker) {
	channel, other := unique(t, "c"), unique(t, "other")
	before := readPage(t, a, channel, broker.Query{})
	assert.NotEmpty(t, before.At.Epoch)
	assert.Zero(t, before.At.Offset)
	assert.Empty(t, before.Entries)
	first := appendTo(t, a, channel, "e", plenty)
	assert.Equal(t, broker.Position{Epoch: before.At.Epoch, Offset: 1}, first)
	assert.EqualValues(t, 1, appendTo(t, b, other, "e", plenty).Offset, "each channel counts for itself")

	const each = 50
	var publishers sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint64]int{}
	for i := range 4 {
		publishers.Go(func() {
			node := []broker.Log{a, b}[i%2]
			for range each {
				at, err := node.Append(t.Context(), channel, broker.Message{Event: "e"}, plenty)
				mu.Lock()
				seen[at.Offset]++
				mu.Unlock()
				assert.NoError(t, err)
				assert.Equal(t, first.Epoch, at.Epoch)
			}
		})
	}
	publishers.Wait()
	for n := uint64(2); n < 2+4*each; n++ {
		assert.Equal(t, 1, seen[n], "offset %d", n)
	}
}

func testContent(t *testing.T, _ Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	got := make(chan broker.Entry, 2)
	_, stop, err := b.Subscribe(t.Context(), channel, func(_ string, e *broker.Entry) { got <- *e })
	require.NoError(t, err)
	defer stop()
	m := broker.Message{
		Event: "said", Except: "session", Key: "k",
		Payloads: []broker.Payload{{Codec: "json", Data: []byte(`{"a":1}`)}, {Codec: "msgpack", Data: []byte{0, 255}, Bytes: true}},
	}
	before := time.Now().Add(-long)
	_, err = a.Append(t.Context(), channel, m, plenty)
	require.NoError(t, err)
	_, err = a.Append(t.Context(), channel, broker.Message{Event: "bare"}, plenty)
	require.NoError(t, err)
	kept := readPage(t, b, channel, broker.Query{}).Entries
	require.Len(t, kept, 2)
	for _, entries := range [][]broker.Entry{kept, {next(t, got), next(t, got)}} {
		assert.Equal(t, m, entries[0].Message)
		assert.EqualValues(t, 1, entries[0].Offset)
		assert.WithinRange(t, entries[0].At, before, time.Now().Add(long))
		assert.Equal(t, "bare", entries[1].Event)
		assert.Empty(t, entries[1].Payloads)
	}
}

func testReadAfter(t *testing.T, _ Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	last := appendMany(t, a, channel, 10, plenty)
	after := func(n uint64) broker.Position { return broker.Position{Epoch: last.Epoch, Offset: n} }
	page := readPage(t, b, channel, broker.Query{After: after(0)})
	consecutive(t, page.Entries, 1, 10)
	assert.Equal(t, last, page.At)
	assert.False(t, page.More)
	consecutive(t, readPage(t, b, channel, broker.Query{After: after(7)}).Entries, 8, 10)
	assert.Empty(t, readPage(t, b, channel, broker.Query{After: last}).Entries)

	page = readPage(t, b, channel, broker.Query{After: after(2), Limit: 3})
	consecutive(t, page.Entries, 3, 5)
	assert.True(t, page.More)
	page = readPage(t, b, channel, broker.Query{After: after(7), Limit: 3})
	consecutive(t, page.Entries, 8, 10)
	assert.False(t, page.More, "that was all")
}

func testReadBefore(t *testing.T, _ Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	last := appendMany(t, a, channel, 10, plenty)
	page := readPage(t, b, channel, broker.Query{})
	consecutive(t, page.Entries, 1, 10)
	assert.Equal(t, last, page.At)
	assert.False(t, page.More)
	page = readPage(t, b, channel, broker.Query{Limit: 4})
	consecutive(t, page.Entries, 7, 10)
	assert.True(t, page.More)
	page = readPage(t, b, channel, broker.Query{Before: 7, Epoch: last.Epoch, Limit: 4})
	consecutive(t, page.Entries, 3, 6)
	assert.True(t, page.More)
	page = readPage(t, b, channel, broker.Query{Before: 3, Limit: 4})
	consecutive(t, page.Entries, 1, 2)
	assert.False(t, page.More)
	assert.Empty(t, readPage(t, b, channel, broker.Query{Before: 1}).Entries)
	consecutive(t, readPage(t, b, channel, broker.Query{Before: 1000}).Entries, 1, 10)
}

func testPositions(t *testing.T, _ Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	last := appendMany(t, a, channel, 3, plenty)
	for _, epoch := range []string{"another", "", last.Epoch + "x"} {
		refused(t, b, channel, broker.Query{After: broker.Position{Epoch: epoch, Offset: 2}}, broker.OtherEpoch, last)
	}
	refused(t, b, channel, broker.Query{Epoch: "another"}, broker.OtherEpoch, last)
	for _, offset := range []uint64{4, 1 << 53, 1<<64 - 1} {
		refused(t, b, channel, broker.Query{After: broker.Position{Epoch: last.Epoch, Offset: offset}}, broker.Future, last)
	}
}

// allOrTrimmed checks that what followed the beginning is there as a whole, or refused as a whole.
func allOrTrimmed(t *testing.T, b broker.Log, channel string, last broker.Position) {
	t.Helper()
	q := broker.Query{After: broker.Position{Epoch: last.Epoch}}
	page, err := b.Read(t.Context(), channel, q)
	if err == nil {
		require.Len(t, page.Entries, int(last.Offset), "less than all, and no error: a hole")
		return
	}
	refused(t, b, channel, q, broker.Trimmed, last)
}

func testSize(t *testing.T, _ Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	last := appendMany(t, a, channel, 25, broker.Retention{Size: 10, Age: long})
	consecutive(t, readPage(t, b, channel, broker.Query{After: broker.Position{Epoch: last.Epoch, Offset: 15}}).Entries, 16, 25)
	consecutive(t, readPage(t, b, channel, broker.Query{Limit: 10}).Entries, 16, 25)
	allOrTrimmed(t, b, channel, last)
	last = appendTo(t, b, channel, "26", broker.Retention{Size: 3, Age: long})
	consecutive(t, readPage(t, a, channel, broker.Query{Limit: 3}).Entries, 24, 26)
	allOrTrimmed(t, a, channel, last)
}

func testAge(t *testing.T, s Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	keep := broker.Retention{Size: 100, Age: s.shortest()}
	appendMany(t, a, channel, 3, keep)
	time.Sleep(2 * s.shortest())
	page := readPage(t, b, channel, broker.Query{})
	assert.Empty(t, page.Entries, "too old")
	assert.EqualValues(t, 3, page.At.Offset, "the numbering goes on")
	refused(t, b, channel, broker.Query{After: broker.Position{Epoch: page.At.Epoch, Offset: 2}}, broker.Trimmed, page.At)
	assert.Empty(t, readPage(t, b, channel, broker.Query{After: page.At}).Entries, "nothing followed, so nothing is lost")
	assert.EqualValues(t, 4, appendTo(t, a, channel, "4", keep).Offset)
	consecutive(t, readPage(t, b, channel, broker.Query{After: page.At}).Entries, 4, 4)
}

func testKeepNothing(t *testing.T, _ Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	last := appendMany(t, a, channel, 3, broker.Retention{})
	assert.Equal(t, last, readPage(t, b, channel, broker.Query{}).At)
	assert.Empty(t, readPage(t, b, channel, broker.Query{After: last}).Entries)
	allOrTrimmed(t, b, channel, last)
}

// A follower writes down what a subscription brings.
type follower struct {
	at      broker.Position
	entries chan broker.Entry
	stop    func()
}

// follow subscribes, with room for everything that a test publishes.
func follow(t *testing.T, b broker.Log, channel string) *follower {
	t.Helper()
	f := &follower{entries: make(chan broker.Entry, 10_000)}
	epochs := make(chan string, 10_000)
	var err error
	f.at, f.stop, err = b.Subscribe(t.Context(), channel, func(epoch string, e *broker.Entry) {
		epochs <- epoch
		f.entries <- *e
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		f.stop()
		for len(epochs) > 0 {
			assert.Equal(t, f.at.Epoch, <-epochs)
		}
	})
	return f
}

// until returns the events that came up to an offset, and checks that none is missing.
func (f *follower) until(t *testing.T, offset uint64) (events []string) {
	t.Helper()
	for n := f.at.Offset + 1; n <= offset; n++ {
		e := next(t, f.entries)
		require.Equal(t, n, e.Offset, "without a hole, in order, each once")
		events = append(events, e.Event)
	}
	return events
}

func testOrderForAll(t *testing.T, _ Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	followers := []*follower{follow(t, a, channel), follow(t, b, channel), follow(t, b, channel)}
	const each = 100
	var publishers sync.WaitGroup
	for i := range 4 {
		publishers.Go(func() {
			for n := range each {
				_, err := []broker.Log{a, b}[i%2].Append(t.Context(), channel, broker.Message{Event: fmt.Sprint(i, " ", n)}, plenty)
				assert.NoError(t, err)
			}
		})
	}
	publishers.Wait()
	first := followers[0].until(t, 4*each)
	for _, f := range followers[1:] {
		assert.Equal(t, first, f.until(t, 4*each))
	}
	count := map[byte]int{}
	for _, event := range first { // what one goroutine publishes stays in its order
		assert.Equal(t, fmt.Sprint(event[:1], " ", count[event[0]]), event)
		count[event[0]]++
	}
}

func testSubscribeWhilePublishing(t *testing.T, _ Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	const messages, times = 400, 40
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range messages {
			_, err := a.Append(t.Context(), channel, broker.Message{Event: strconv.Itoa(n + 1)}, plenty)
			assert.NoError(t, err)
		}
	}()
	followers := make([]*follower, times)
	for i := range followers {
		followers[i] = follow(t, []broker.Log{a, b}[i%2], channel)
	}
	<-done
	for _, f := range followers {
		for i, event := range f.until(t, messages) {
			require.Equal(t, strconv.FormatUint(f.at.Offset+uint64(i)+1, 10), event)
		}
		missed := readPage(t, b, channel, broker.Query{After: broker.Position{Epoch: f.at.Epoch}}).Entries[:f.at.Offset]
		if f.at.Offset > 0 {
			consecutive(t, missed, 1, f.at.Offset) // and what was before can be read
		}
	}
}

func testStopSubscription(t *testing.T, _ Setup, a, b broker.Broker) {
	channel := unique(t, "c")
	stopped, stays := follow(t, b, channel), follow(t, b, channel)
	appendTo(t, a, channel, "1", plenty)
	stopped.until(t, 1)
	stopped.stop()
	stopped.stop()
	last := appendTo(t, a, channel, "2", plenty)
	assert.Equal(t, []string{"1", "2"}, stays.until(t, last.Offset))
	assert.Empty(t, stopped.entries)
}
