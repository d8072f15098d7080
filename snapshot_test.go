package hawser_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/transport"
)

// A counter is what an application keeps: not idempotent, so that a change that comes twice, or not at all, shows.
type counter struct {
	mu    sync.Mutex
	count int
	at    hawser.Position
}

func (c *counter) add(s *hawser.Server, n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count += n
	var err error
	c.at, err = s.Publish(context.Background(), "counter", "add", n)
	return err
}

func (c *counter) snapshot(*hawser.Context) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return hawser.At(c.at, c.count), nil
}

// 1,000 joins while 8 goroutines publish: each client's snapshot and the messages after it are the true state.
func TestSnapshotsWhilePublishing(t *testing.T) {
	for _, spoken := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		t.Run(spoken.Name(), func(t *testing.T) {
			const joins, joiners, publishers, each = 1000, 4, 8, 40
			m := &memory{codec: spoken.Name()}
			s := hawser.New(hawser.Options{
				Transports: []transport.Transport{m}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), Heartbeat: time.Hour,
			})
			defer func() {
				ctx, cancel := context.WithCancel(context.Background())
				cancel() // nobody is there to wait for
				_ = s.Shutdown(ctx)
			}()
			var truth counter
			ch := s.Channel("counter")
			ch.OnJoin(allow)
			var joined atomic.Int64
			ch.OnSnapshot(func(c *hawser.Context) (any, error) {
				joined.Add(1)
				return truth.snapshot(c)
			})

			var all sync.WaitGroup
			for i := range publishers {
				all.Go(func() {
					for n := range each {
						for joined.Load() < int64(n*joins/each) { // spread over the joins
							runtime.Gosched()
						}
						assert.NoError(t, truth.add(s, i+1))
					}
				})
			}
			wires := make([]*wire, joins)
			var opening sync.Mutex // of the transport, which remembers the last wire
			for i := range joiners {
				all.Go(func() {
					for n := i; n < joins; n += joiners {
						opening.Lock()
						s.ServeHTTP(nil, browserRequest(n))
						wires[n] = m.opened
						opening.Unlock()
						assert.NoError(t, wires[n].Receive(context.Background(), helloAndJoin(spoken, n, "counter")))
					}
				})
			}
			all.Wait()
			for s.Members("counter") < joins {
				runtime.Gosched()
			}
			beginnings := map[uint64]bool{}
			for _, w := range wires {
				sum, from := replay(t, spoken, w)
				require.Equal(t, truth.count, sum)
				beginnings[from] = true
			}
			assert.Greater(t, len(beginnings), 1, "they joined all along")
		})
	}
}

func helloAndJoin(c codec.Codec, n int, channel string) []byte {
	body, err := c.Marshal(codec.Hello{V: 1, Key: fmt.Sprintf("%022d", n), Wire: 1, Claim: 1})
	if err != nil {
		panic(err)
	}
	var frame []byte
	for i, p := range []*codec.Packet{
		{Kind: codec.KindHello, Data: codec.Payload{Raw: body}}, {Kind: codec.KindStart, N: 1}, {Kind: codec.KindJoin, ID: 1, Channel: channel},
	} {
		if i > 0 {
			frame = append(frame, c.Separator()...)
		}
		if frame, err = c.AppendPacket(frame, p); err != nil {
			panic(err)
		}
	}
	return frame
}

// replay reads all that waits for a client, and adds it up.
func replay(t *testing.T, c codec.Codec, w *wire) (sum int, from uint64) {
	t.Helper()
	var offset uint64
	for {
		frame, err := w.Next(nil)
		require.NoError(t, err)
		if len(frame) == 0 {
			return sum, from
		}
		for len(frame) > 0 {
			var p codec.Packet
			frame, err = c.NextPacket(frame, &p)
			require.NoError(t, err)
			switch p.Kind {
			case codec.KindReply:
				var at struct {
					Offset   uint64 `json:"offset"`
					Snapshot int    `json:"snapshot"`
				}
				require.NoError(t, codec.Decode(c, p.Data, &at))
				sum, from, offset = at.Snapshot, at.Offset, at.Offset
			case codec.KindMessage:
				offset++
				require.Equal(t, offset, p.Offset)
				var n int
				require.NoError(t, codec.Decode(c, p.Data, &n))
				sum += n
			case codec.KindError, codec.KindEnd, codec.KindReset:
				require.Fail(t, "unexpected", "%v %s %s", p.Kind, p.Code, p.Message)
			default: // welcome, start
			}
		}
	}
}

func TestSnapshotIsForThoseWhoNeedIt(t *testing.T) {
	s := newSite(t, hawser.Options{})
	room := s.Channel("room:{n}")
	room.OnJoin(func(c *hawser.Context) error { c.Reply("hello"); return nil })
	room.History(hawser.HistoryOptions{Size: 1})
	room.OnSnapshot(func(c *hawser.Context) (any, error) {
		assert.Equal(t, hawser.OpSnapshot, c.Op())
		return map[string]any{"room": c.Param("n")}, nil
	})
	c := s.connect()
	first := joinAt(t, c, "room:1", hawser.Position{})
	assert.Equal(t, "hello", first.Data)
	assert.Equal(t, map[string]any{"room": "1"}, first.Snapshot)
	assert.Nil(t, first.Recovered)
	publishNumbers(t, s.Server, "room:1", 1, 2)
	numbers(t, c, 2)
	back := joinAt(t, c, "room:1", hawser.Position{Epoch: first.Epoch, Offset: 1})
	assert.True(t, *back.Recovered)
	assert.Nil(t, back.Snapshot)
	assert.Equal(t, []string{"2=2"}, numbers(t, c, 1))
	lost := joinAt(t, c, "room:1", first.position())
	assert.False(t, *lost.Recovered)
	assert.Equal(t, map[string]any{"room": "1"}, lost.Snapshot)
	assert.EqualValues(t, 2, lost.Offset)
}

// What is published while a snapshot is taken comes after it, and nobody waits.
func TestNobodyWaitsForASnapshot(t *testing.T) {
	s := newSite(t, hawser.Options{})
	taking, taken := make(chan struct{}), make(chan struct{})
	room := s.Channel("room")
	room.OnJoin(allow)
	slow := atomic.Bool{}
	room.OnSnapshot(func(*hawser.Context) (any, error) {
		if slow.Swap(false) {
			close(taking)
			<-taken
		}
		return "state", nil
	})
	c, other := s.connect(), s.connect()
	joinAt(t, other, "room", hawser.Position{})
	slow.Store(true)
	id := c.ID()
	require.NoError(t, c.Send(&codec.Packet{Kind: codec.KindJoin, ID: id, Channel: "room"}))
	<-taking
	publishNumbers(t, s.Server, "room", 1, 3)
	assert.Equal(t, []string{"1=1", "2=2", "3=3"}, numbers(t, other, 3))
	close(taken)
	p, err := c.Answer(t.Context(), id)
	at := decode[place](t, c, p, err)
	assert.Equal(t, "state", at.Snapshot)
	assert.Zero(t, at.Offset)
	assert.Equal(t, []string{"1=1", "2=2", "3=3"}, numbers(t, c, 3))
	publishNumbers(t, s.Server, "room", 4, 4)
	assert.Equal(t, []string{"4=4"}, numbers(t, c, 1))
}

func TestSnapshotAtAPosition(t *testing.T) {
	s := newSite(t, hawser.Options{})
	var at hawser.Position
	taken := 0
	kept, bare := s.Channel("kept"), s.Channel("bare")
	for _, ch := range []*hawser.Channel{kept, bare} {
		ch.OnJoin(allow)
		ch.OnSnapshot(func(*hawser.Context) (any, error) {
			taken++
			return hawser.At(at, "state"), nil
		})
	}
	kept.History(hawser.HistoryOptions{Size: 3})
	c := s.connect()
	join := func(channel string) *codec.Packet {
		p, err := c.Join(t.Context(), channel)
		require.NoError(t, err)
		return p
	}
	assert.Zero(t, decode[place](t, c, join("kept"), nil).Offset, "nothing was published yet")
	last := publishNumbers(t, s.Server, "kept", 1, 3)
	numbers(t, c, 3)
	assert.Zero(t, decode[place](t, c, join("kept"), nil).Offset, "the application has not published: all of it comes")
	assert.Equal(t, []string{"1=1", "2=2", "3=3"}, numbers(t, c, 3))
	at = hawser.Position{Epoch: "of another life", Offset: 500}
	assert.Zero(t, decode[place](t, c, join("kept"), nil).Offset)
	numbers(t, c, 3)
	at = hawser.Position{Epoch: last.Epoch, Offset: 2}
	assert.EqualValues(t, 2, decode[place](t, c, join("kept"), nil).Offset, "it is older than the join, and history has the rest")
	assert.Equal(t, []string{"3=3"}, numbers(t, c, 1))
	at = last
	assert.EqualValues(t, 3, decode[place](t, c, join("kept"), nil).Offset)

	for name, useless := range map[string]hawser.Position{
		"too old": {Epoch: last.Epoch, Offset: 1}, "of nothing": {}, "the future": {Epoch: last.Epoch, Offset: 99},
	} {
		publishNumbers(t, s.Server, "kept", 4, 8)
		at, taken = useless, 0
		p, err := c.Join(t.Context(), "kept")
		require.NoError(t, err)
		assert.Equal(t, "internal", p.Code, name)
		assert.Equal(t, 3, taken, "it may have been a moment too early")
		assert.Contains(t, s.logs.String(), "Channel.History", "who runs the server is told what to do")
		p, err = c.Call(t.Context(), "kept", "any", nil)
		require.NoError(t, err)
		assert.Equal(t, "forbidden", p.Code, "one whose join failed is no member any more")
	}
	at = publishNumbers(t, s.Server, "bare", 1, 3)
	assert.EqualValues(t, 3, decode[place](t, c, join("bare"), nil).Offset, "the latest needs no history")
}

func TestSnapshotsThatFail(t *testing.T) {
	s := newSite(t, hawser.Options{MaxPayload: 10_000, CallTimeout: 50 * time.Millisecond})
	for name, take := range map[string]func(*hawser.Context) (any, error){
		"refused": func(*hawser.Context) (any, error) { return nil, hawser.Errorf("closed_today", "come back") },
		"fails":   func(*hawser.Context) (any, error) { return nil, errors.New("the database is secret") },
		"panics":  func(*hawser.Context) (any, error) { panic("boom") },
		"cannot":  func(*hawser.Context) (any, error) { return make(chan int), nil },
		"large":   func(*hawser.Context) (any, error) { return strings.Repeat("x", 10_000), nil },
		"late":    func(c *hawser.Context) (any, error) { <-c.Done(); return nil, c.Err() },
		"nothing": func(*hawser.Context) (any, error) { return nil, nil },
		"exits":   func(*hawser.Context) (any, error) { runtime.Goexit(); return nil, nil },
	} {
		ch := s.Channel(name)
		ch.OnJoin(allow)
		ch.OnSnapshot(take)
	}
	c := s.connect()
	for name, code := range map[string]string{
		"refused": "closed_today", "fails": "internal", "panics": "internal", "cannot": "internal", "large": "payload_too_large", "late": "timeout",
		"exits": "internal", "nothing": "",
	} {
		p, err := c.Join(t.Context(), name)
		require.NoError(t, err)
		assert.Equal(t, code, p.Code, name)
		assert.NotContains(t, p.Message, "secret")
		if code != "" {
			assert.Zero(t, s.Members(name))
		}
	}
	assert.Equal(t, []string{"nothing"}, s.session(c).Channels())
}

// A client whose session ends, or that is removed, in the middle of a snapshot leaves nothing behind.
func TestLeavingInTheMiddleOfASnapshot(t *testing.T) {
	for name, leave := range map[string]func(s *site, session hawser.Session){
		"the session ends": func(_ *site, session hawser.Session) { session.End("closed", "") },
		"removed":          func(s *site, session hawser.Session) { assert.True(s.t, session.Leave("room", "banned", "")) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, hawser.Options{})
			taking, taken := make(chan hawser.Session), make(chan struct{})
			room := s.Channel("room")
			room.OnJoin(allow)
			room.OnSnapshot(func(c *hawser.Context) (any, error) {
				taking <- c.Session()
				<-taken
				return 1, nil
			})
			gone := make(chan struct{})
			s.OnEvent("after", func(*hawser.Context) error { close(gone); return nil })
			c := s.connect()
			require.NoError(t, c.Send(
				&codec.Packet{Kind: codec.KindJoin, ID: c.ID(), Channel: "room"}, &codec.Packet{Kind: codec.KindEvent, Event: "after"},
			))
			session := <-taking
			leave(s, session)
			publishNumbers(t, s.Server, "room", 1, 10)
			close(taken)
			receive(t, gone)
			assert.Zero(t, s.Members("room"))
			assert.Empty(t, session.Channels())
		})
	}
}
