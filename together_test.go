package hawser_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

// TestEverythingAtTheSameTime is for the race detector, and for locks that are taken in the wrong order: all that an application may ask, while clients come,
// do all that they may, and go.
func TestEverythingAtTheSameTime(t *testing.T) {
	const clients, visits = 6, 9
	s := newSite(t, hawser.Options{Authenticate: (&gate{}).authenticate, MaxChannels: 3, CallTimeout: time.Second})
	room := s.Channel("room:{n}")
	room.OnJoin(func(c *hawser.Context) error { return c.SetPresence(c.User().ID) })
	room.OnLeave(allow)
	room.OnRecheck(allow)
	room.OnHistory(allow)
	room.OnPresence(allow)
	room.OnSnapshot(func(*hawser.Context) (any, error) { return "so it is", nil })
	room.AllowPublish()
	room.AllowState()
	room.History(hawser.HistoryOptions{Size: 10})
	room.Presence(hawser.PresenceOptions{AllowData: true})
	s.OnCall("", allow)
	s.OnCall("beside", allow, hawser.Concurrent())
	s.OnDisconnect(func(c *hawser.Context) error { _ = c.Unacknowledged(); return nil })

	users := []string{"ann", "bob", ""}
	asks := []func(ctx context.Context, user, room string){
		func(context.Context, string, string) { s.Stats() },
		func(_ context.Context, _, room string) { s.Members(room) },
		func(ctx context.Context, _, room string) { _, _ = s.Publish(ctx, room, "news", "noon") },
		func(ctx context.Context, _, room string) { _, _ = s.History(ctx, room, hawser.HistoryQuery{}) },
		func(ctx context.Context, _, room string) { _, _ = s.Presence(room).Count(ctx) },
		func(ctx context.Context, _, room string) { _, _ = s.Presence(room).Users(ctx) },
		func(_ context.Context, user, _ string) { _, _ = s.User(user).Send("news", "noon") },
		func(ctx context.Context, user, _ string) {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			_, _ = s.User(user).Call(ctx, "q", nil)
		},
		func(_ context.Context, user, room string) { _, _ = s.Revoke(user, room) },
		func(_ context.Context, user, _ string) { _, _ = s.Kick(user, "kicked", "") },
		func(_ context.Context, _, room string) {
			for _, session := range s.Sessions() {
				_, _, _ = session.Channels(), session.Transport(), session.User()
				_ = session.Set("k", room)
				_, _ = session.SendVolatile("v", nil)
				session.Leave(room, "left", "")
			}
		},
		func(context.Context, string, string) { s.Use(func(next hawser.Handler) hawser.Handler { return next }) },
	}
	turns := make(chan struct{}) // the application's: one for each packet of a client, if it has time
	var asking sync.WaitGroup
	for i := range 4 {
		asking.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for range turns {
				asks[random.IntN(len(asks))](t.Context(), users[random.IntN(len(users))], fmt.Sprint("room:", random.IntN(5)))
			}
		})
	}

	var visiting sync.WaitGroup
	for i := range clients {
		made := make([]*wiretest.Client, visits)
		for v := range made {
			over := with([]string{"websocket", "sse", "poll"}[v%3], []codec.Codec{codec.JSON(), codec.MessagePack()}[i%2])
			made[v] = s.client(over, token(users[(i+v)%len(users)]))
		}
		visiting.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 2))
			for _, c := range made {
				visit(t.Context(), c, random, turns)
			}
		})
	}
	visiting.Wait()
	close(turns)
	asking.Wait()
	assert.EqualValues(t, clients*visits, s.Stats().Admitted)
	c := s.connect(token("cyd"))
	_, err := c.Call(t.Context(), "", "still there", nil)
	require.NoError(t, err)
}

// visit is one session of a client, that does what it likes until somebody ends it.
func visit(ctx context.Context, c *wiretest.Client, random *rand.Rand, turns chan<- struct{}) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	defer c.Cut()
	if c.Connect(ctx) != nil {
		return
	}
	for range 20 {
		select {
		case turns <- struct{}{}:
		default:
		}
		room := fmt.Sprint("room:", random.IntN(5))
		p := codec.Packet{Channel: room, ID: c.ID()}
		switch random.IntN(9) {
		case 0, 1:
			p.Kind = codec.KindJoin
		case 2:
			p.Kind = codec.KindLeave
		case 3:
			p.Kind, p.Event, p.Data = codec.KindPublish, "said", c.Payload("hello")
		case 4:
			p.Kind, p.Event = codec.KindCall, []string{"hawser:presence", "hawser:state", "hawser:history", "hawser:count", "hawser:enter"}[random.IntN(5)]
		case 5:
			p.Kind, p.Channel, p.Event = codec.KindCall, "", []string{"any", "beside"}[random.IntN(2)]
		case 6:
			p.Kind, p.ID, p.Event, p.Data = codec.KindVolatile, 0, "hawser:state", c.Payload(map[string]any{"key": "k", "value": 1})
		case 7:
			p.Kind, p.Channel, p.Token = codec.KindAuth, "", c.Token
		case 8:
			c.Cut()
			if c.Connect(ctx) != nil {
				return
			}
			continue
		}
		if c.Send(&p) != nil {
			return
		}
	}
	_ = c.Send(&codec.Packet{Kind: codec.KindEnd, Code: "bye"})
}
