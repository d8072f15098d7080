package hawser_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/broker"
	brokermemory "github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

// Members of 8 channels are cut off, half-open, slow, away for longer than their session lives, and loaded again with the positions that they had, while 4
// publishers publish. Each sees every message of its channels once and in order, or is told that some are lost, where they really were; and when all
// have left, nothing of them is left. HAWSER_SEED repeats one run; otherwise the last one is another every time.
func TestChannelsInChaos(t *testing.T) {
	seeds := []uint64{1, 2, 3, rand.Uint64N(1 << 32)}
	if given := os.Getenv("HAWSER_SEED"); given != "" {
		seed, err := strconv.ParseUint(given, 10, 64)
		require.NoError(t, err)
		seeds = []uint64{seed}
	}
	happened := map[string]int{}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("HAWSER_SEED=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for what, n := range newChaos(t, seed).run() {
					happened[what] += n
				}
			})
		})
	}
	t.Log(happened)
	for _, what := range mishaps {
		assert.True(t, happened[what] > 0 || len(seeds) == 1, what)
	}
}

// mishaps are what has to have happened, so that the test says something.
var mishaps = []string{
	"cut", "half-open", "reloaded", "away for too long", "slow", "hung", "left", "joined again",
	"message", "reset", "recovered", "lost", "frame lost on its way", "session expired", "connection found dead",
}

const (
	chaosChannels   = 8
	chaosMembers    = 12
	chaosPublishers = 4
	chaosHistory    = 64 // messages
	chaosLasts      = 2 * time.Minute
)

// A chaos is one run.
type chaos struct {
	*hawser.Server
	t      *testing.T
	seed   uint64
	broker *brokermemory.Broker

	openMu sync.Mutex
	memory *memory

	mu       sync.Mutex // guards what follows
	truth    map[spot]string
	happened map[string]int
}

// A spot is an offset of a channel.
type spot struct {
	channel string
	offset  uint64
}

// A slowBroker takes its time to read, so that something is published while members join.
type slowBroker struct {
	*brokermemory.Broker
	mu     sync.Mutex // guards random
	random *rand.Rand
}

func (b *slowBroker) pause() {
	b.mu.Lock()
	d := time.Duration(b.random.IntN(20)) * time.Millisecond
	b.mu.Unlock()
	time.Sleep(d)
}

// Read implements broker.Log.
func (b *slowBroker) Read(ctx context.Context, channel string, q broker.Query) (broker.Page, error) {
	b.pause()
	defer b.pause()
	return b.Broker.Read(ctx, channel, q)
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	c := &chaos{
		t: t, seed: seed, memory: &memory{}, broker: brokermemory.New(brokermemory.Options{}), truth: map[spot]string{}, happened: map[string]int{},
	}
	c.Server = hawser.New(hawser.Options{
		Transports: []transport.Transport{c.memory}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Broker: &slowBroker{Broker: c.broker, random: c.random(200)}, ResumeFor: 20 * time.Second,
		Outgoing: session.Limits{UnsentPackets: 80, SentPackets: 30},
	})
	room := c.Channel("room:{n}")
	room.OnJoin(allow)
	room.History(hawser.HistoryOptions{Size: chaosHistory, Age: -1})
	room.Presence(hawser.PresenceOptions{})
	return c
}

// open opens a wire in a codec.
func (c *chaos) open(codec string) *wire {
	c.openMu.Lock()
	defer c.openMu.Unlock()
	c.memory.codec = codec
	c.ServeHTTP(nil, browserRequest(0))
	c.memory.opened.woken = make(chan struct{}, 1)
	return c.memory.opened
}

func (c *chaos) random(n int) *rand.Rand { return rand.New(rand.NewPCG(c.seed, uint64(n))) }

func (c *chaos) happen(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.happened[what]++
}

func chaosRoom(n int) string { return fmt.Sprint("room:", n) }

// head returns the offset of a channel's last message.
func (c *chaos) head(channel string) uint64 {
	page, err := c.History(context.Background(), channel, hawser.HistoryQuery{Limit: 1})
	assert.NoError(c.t, err)
	return page.At.Offset
}

// publish publishes until ctx ends, one by one, and at times many at once.
func (c *chaos) publish(ctx context.Context, publisher int) {
	random := c.random(100 + publisher)
	for n := 0; ctx.Err() == nil; n++ {
		channel, many := chaosRoom(random.IntN(chaosChannels)), 1
		if random.IntN(60) == 0 {
			many = random.IntN(2 * chaosHistory)
		}
		for i := range many {
			what := fmt.Sprint(publisher, " ", n, " ", i)
			at, err := c.Publish(context.Background(), channel, "said", what)
			assert.NoError(c.t, err)
			c.mu.Lock()
			c.truth[spot{channel, at.Offset}] = what
			c.mu.Unlock()
		}
		time.Sleep(time.Duration(random.ExpFloat64() * float64(40*time.Millisecond)))
	}
}

// run returns what happened, and how often.
func (c *chaos) run() map[string]int {
	ctx, stop := context.WithTimeout(context.Background(), chaosLasts)
	defer stop()
	var publishers, all sync.WaitGroup
	for i := range chaosPublishers {
		publishers.Go(func() { c.publish(ctx, i) })
	}
	calm, leave := make(chan struct{}), make(chan struct{})
	members := make([]*chaosMember, chaosMembers)
	for i := range members {
		members[i] = newChaosMember(c, i)
		all.Go(func() { members[i].live(calm, leave) })
	}
	publishers.Wait()
	close(calm)
	time.Sleep(time.Minute) // all come back, and get what they missed
	synctest.Wait()
	for _, m := range members {
		c.judge(m)
	}
	close(leave)
	all.Wait()
	c.checkNothingIsLeft()
	return c.happened
}

// judge looks at what a member has seen in the end.
func (c *chaos) judge(m *chaosMember) {
	require.Empty(c.t, m.wrong, "member %d", m.n)
	for _, channel := range slices.Sorted(maps.Keys(m.seats)) {
		s := m.seats[channel]
		require.True(c.t, s.in, "member %d is not in %s", m.n, channel)
		require.Equal(c.t, c.head(channel), s.offset, "member %d has all of %s", m.n, channel)
		for offset, what := range s.seen {
			require.Equal(c.t, c.truth[spot{channel, offset}], what, "%s/%d", channel, offset)
		}
	}
}

// checkNothingIsLeft waits for as long as anything may be kept of those who have left.
func (c *chaos) checkNothingIsLeft() {
	time.Sleep(time.Minute)
	synctest.Wait()
	stats := c.Stats()
	assert.Equal(c.t, []int{0, 0}, []int{stats.Sessions, stats.Channels}, "sessions and channels")
	assert.NotZero(c.t, stats.Remembered)
	time.Sleep(10 * time.Minute)
	assert.Zero(c.t, c.Stats().Remembered)
	for n := range chaosChannels {
		held, err := c.broker.CountHeld(context.Background(), "presence/"+chaosRoom(n))
		assert.NoError(c.t, err)
		assert.Zero(c.t, held, "leases")
		assert.Zero(c.t, c.Members(chaosRoom(n)))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nobody is there to wait for
	_ = c.Shutdown(ctx)
	assert.NoError(c.t, c.broker.Close())
}
