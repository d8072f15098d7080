package channel_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/session"
)

func hubWith(p channel.Policy, change ...func(*channel.Options)) *channel.Hub {
	o := channel.Options{
		Log: memory.New(memory.Options{}), Codecs: []codec.Codec{codec.JSON()}, Policy: func(string) channel.Policy { return p },
	}
	for _, c := range change {
		c(&o)
	}
	return channel.NewHub(o)
}

// set publishes the value of a key, which is kept for those who come late.
func set(t *testing.T, h *channel.Hub, name, key string, value int) {
	t.Helper()
	_, err := h.Publish(t.Context(), channel.Publication{
		Channel: name, Event: "set", Key: key, Data: value, Keep: broker.Retention{Size: 1000},
	})
	require.NoError(t, err)
}

// A reader is a member with a log that nobody reads, but for what the test does.
type reader struct {
	mu        sync.Mutex
	log       session.Outgoing
	volatiles []string
	resumed   *session.Topic // the last
}

func newReader(limits session.Limits) *reader {
	return &reader{log: session.NewOutgoing(session.SharedLimits(limits))}
}

func (r *reader) ID() string                 { return "reader" }
func (r *reader) Codec() codec.Codec         { return codec.JSON() }
func (r *reader) Room() (packets, bytes int) { return 1 << 20, 1 << 30 }
func (r *reader) Deliver(p *session.Packet) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Append(p) == nil
}

func (r *reader) DeliverVolatile(p *session.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.volatiles = append(r.volatiles, string(p.Bytes()))
}

func (r *reader) Resume(t *session.Topic) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resumed = t
	r.log.Resume(t)
}

// send appends something that is of no channel.
func (r *reader) send(text string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Append(session.NewPacket([]byte(text)))
}

// read returns what waits, and makes room.
func (r *reader) read() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for p := r.log.Next(1 << 30); p != nil; p = r.log.Next(1 << 30) {
		all = append(all, string(p.Bytes()))
	}
	_ = r.log.Ack(r.log.Sent())
	return strings.Join(all, " ")
}

func TestSlowReaderGetsTheLatestOfEachKey(t *testing.T) {
	h := hubWith(channel.Policy{})
	slow := newReader(session.Limits{})
	join(t, h, "prices", slow)
	for i := range 5 {
		set(t, h, "prices", "a", i)
		set(t, h, "prices", "b", i)
		set(t, h, "prices", "", i)
	}
	assert.Equal(t, `[39,"prices",3,"set",0] [39,"prices",6,"set",1] [39,"prices",9,"set",2] [39,"prices",12,"set",3] `+
		`[39,"prices",13,"set",4] [39,"prices",14,"set",4] [39,"prices",15,"set",4]`, slow.read())
}

func TestNoisyChannelIsResetAndTheOthersGoOn(t *testing.T) {
	h := hubWith(channel.Policy{})
	slow := newReader(session.Limits{UnsentPackets: 10})
	from := join(t, h, "noisy", slow)
	join(t, h, "quiet", slow)
	set(t, h, "quiet", "", 1)
	for i := range 9 {
		set(t, h, "noisy", "", i)
	}
	set(t, h, "quiet", "", 2) // one too many, and not the quiet one's fault
	require.NoError(t, slow.send("reply"))
	set(t, h, "noisy", "", 9)
	assert.Zero(t, h.Count("noisy"))
	assert.Equal(t, 1, h.Count("quiet"))
	reset := fmt.Sprintf(`[40,"noisy",%q,9]`, from.Epoch)
	assert.Equal(t, `[39,"quiet",1,"set",1] [39,"quiet",2,"set",2] `+reset+` reply`, slow.read())

	set(t, h, "noisy", "", 10)
	assert.Empty(t, slow.read(), "nothing of it follows")

	r, err := h.Reserve(t.Context(), "noisy", slow)
	require.NoError(t, err)
	defer r.Cancel()
	require.NoError(t, r.From(t.Context(), channel.Position{Epoch: from.Epoch, Offset: 8}))
	require.NoError(t, r.Admit(func() error { return slow.send("joined") }))
	set(t, h, "noisy", "", 11)
	assert.Equal(t, `joined [39,"noisy",9,"set",8] [39,"noisy",10,"set",9] [39,"noisy",11,"set",10] [39,"noisy",12,"set",11]`, slow.read())
	assert.Equal(t, 1, h.Count("noisy"))
}

// One that was reset leaves, or its session ends: nothing of it stays, in the hub or in its log.
func TestMemberThatWasResetLeaves(t *testing.T) {
	h := hubWith(channel.Policy{})
	slow := newReader(session.Limits{UnsentPackets: 2})
	join(t, h, "noisy", slow)
	for i := range 4 {
		set(t, h, "noisy", "", i)
	}
	require.Zero(t, h.Count("noisy"))
	told := false
	assert.True(t, h.Leave("noisy", slow, func() { told = true }))
	assert.True(t, told)
	assert.False(t, h.Leave("noisy", slow, nil))
	require.NotNil(t, slow.resumed)
	assert.False(t, slow.log.Suspended(slow.resumed), "its log remembers nothing of it")
}

// What was missed may be more than the log takes: then the reset comes after what there was room for, and the member goes on from there.
func TestRecoveryThatOverflowsIsReset(t *testing.T) {
	h := hubWith(channel.Policy{})
	slow := newReader(session.Limits{UnsentPackets: 4})
	from := join(t, h, "noisy", slow)
	h.Leave("noisy", slow, nil)
	for i := range 10 {
		set(t, h, "noisy", "", i)
	}
	r, err := h.Reserve(t.Context(), "noisy", slow)
	require.NoError(t, err)
	defer r.Cancel()
	require.NoError(t, r.From(t.Context(), from))
	require.NoError(t, r.Admit(func() error { return slow.send("joined") }))
	assert.Equal(t, fmt.Sprintf(`joined [40,"noisy",%q,10]`, from.Epoch), slow.read())
	assert.Zero(t, h.Count("noisy"))
	assert.EqualValues(t, 1, h.Resets())
	assert.Equal(t, channel.Position{Epoch: from.Epoch, Offset: 10}, join(t, h, "noisy", slow))
	set(t, h, "noisy", "", 10)
	assert.Equal(t, `[39,"noisy",11,"set",10]`, slow.read())
}

func TestVolatileHasNoNumberAndNoPast(t *testing.T) {
	h := hubWith(channel.Policy{Loss: channel.Drop})
	a := newReader(session.Limits{})
	from := join(t, h, "cursors", a)
	set(t, h, "cursors", "", 1)
	assert.Equal(t, []string{`[10,"cursors","set",1]`}, a.volatiles)
	assert.Empty(t, a.read())

	r, err := h.Reserve(t.Context(), "cursors", a)
	require.NoError(t, err)
	defer r.Cancel()
	var useless *broker.PositionError
	require.ErrorAs(t, r.From(t.Context(), from), &useless, "though it is kept")
	assert.Equal(t, broker.Trimmed, useless.Reason)
	set(t, h, "cursors", "", 2) // while it joins
	require.NoError(t, r.Admit(func() error { return nil }))
	set(t, h, "cursors", "", 3)
	assert.Equal(t, []string{`[10,"cursors","set",1]`, `[10,"cursors","set",3]`}, a.volatiles)
}

func TestGathering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hubWith(channel.Policy{Every: 100 * time.Millisecond})
		a := newReader(session.Limits{})
		join(t, h, "prices", a)
		pause := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		for i := range 9 {
			set(t, h, "prices", "a", i)
			set(t, h, "prices", "", i)
			pause(10 * time.Millisecond)
		}
		assert.Empty(t, a.read(), "not yet")
		pause(10 * time.Millisecond)
		got := a.read()
		assert.Equal(t, 10, strings.Count(got, "set"), "the latest of a key, and all others: %s", got)
		assert.Contains(t, got, `[39,"prices",17,"set",8] [39,"prices",18,"set",8]`)
		pause(time.Hour)
		assert.Empty(t, a.read())

		set(t, h, "prices", "a", 100)
		pause(100 * time.Millisecond)
		assert.Equal(t, `[39,"prices",19,"set",100]`, a.read())
	})
}

// Who joins while something is gathered gets it with the others: its membership begins at what was handed on.
func TestJoinWhileSomethingIsGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hubWith(channel.Policy{Every: time.Second})
		early, late, knowing := newReader(session.Limits{}), newReader(session.Limits{}), newReader(session.Limits{})
		begin := join(t, h, "prices", early)
		for i := range 4 {
			set(t, h, "prices", "a", i)
			set(t, h, "prices", "b", i)
		}
		assert.Equal(t, begin, join(t, h, "prices", late))

		r, err := h.Reserve(t.Context(), "prices", knowing) // with a snapshot that is ahead of what was handed on
		require.NoError(t, err)
		defer r.Cancel()
		require.NoError(t, r.From(t.Context(), channel.Position{Epoch: begin.Epoch, Offset: 5}))
		require.NoError(t, r.Admit(func() error { return nil }))

		time.Sleep(time.Second)
		synctest.Wait()
		both := `[39,"prices",7,"set",3] [39,"prices",8,"set",3]`
		assert.Equal(t, both, early.read())
		assert.Equal(t, both, late.read())
		assert.Equal(t, both, knowing.read(), "the publication after its position is replaced by a later one")
	})
}

func TestGatheringIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hubWith(channel.Policy{Every: time.Hour}, func(o *channel.Options) { o.KeptPackets = 10 })
		a := newReader(session.Limits{})
		join(t, h, "chat", a)
		for i := range 25 {
			set(t, h, "chat", "", i)
		}
		assert.Equal(t, 20, strings.Count(a.read(), "set"), "too much waits for nobody's hour")
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, 5, strings.Count(a.read(), "set"))

		for i := range 100 {
			set(t, h, "chat", fmt.Sprint("key", i%10), i)
		}
		assert.Empty(t, a.read(), "what replaces something takes no more room")
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Equal(t, 10, strings.Count(a.read(), "set"))
	})
}

// The last one leaves: what was gathered is for nobody, and no timer stays behind (which synctest would wait for).
func TestGatheringEndsWithItsMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hubWith(channel.Policy{Every: time.Hour})
		a := newReader(session.Limits{})
		join(t, h, "chat", a)
		set(t, h, "chat", "", 1)
		h.Leave("chat", a, nil)
		begin := join(t, h, "chat", a)
		assert.EqualValues(t, 1, begin.Offset)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		assert.Empty(t, a.read())
	})
}

// A ticker runs while somebody joins: what comes meanwhile is kept for it, the latest of each key, and never too much.
func TestJoinToABusyTicker(t *testing.T) {
	h := hubWith(channel.Policy{}, func(o *channel.Options) { o.KeptPackets = 10 })
	a := newReader(session.Limits{})
	r, err := h.Reserve(t.Context(), "prices", a)
	require.NoError(t, err)
	defer r.Cancel()
	for i := range 1000 {
		set(t, h, "prices", fmt.Sprint(i%10), i)
	}
	require.NoError(t, r.Admit(func() error { return nil }))
	assert.Equal(t, 10, strings.Count(a.read(), "set"))
}

func TestKeysAreBounded(t *testing.T) {
	h := hubWith(channel.Policy{})
	_, err := h.Publish(context.Background(), channel.Publication{Channel: "c", Event: "e", Key: strings.Repeat("k", channel.MaxKey+1)})
	require.ErrorIs(t, err, channel.ErrKey)
	set(t, h, "c", strings.Repeat("k", channel.MaxKey), 1)
}
