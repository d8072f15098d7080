package hawser_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/broker"
	brokermemory "github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/codec"
)

// A troubled broker's log does what the test says before it answers.
type troubled struct {
	broker.Broker
	trouble atomic.Pointer[func(context.Context) error]
}

func newTroubled() *troubled { return &troubled{Broker: brokermemory.New(brokermemory.Options{})} }

func (b *troubled) with(trouble func(context.Context) error) { b.trouble.Store(&trouble) }

func (b *troubled) begin(ctx context.Context) error {
	if trouble := b.trouble.Load(); trouble != nil {
		return (*trouble)(ctx)
	}
	return nil
}

func (b *troubled) Append(ctx context.Context, name string, m broker.Message, keep broker.Retention) (broker.Position, error) {
	if err := b.begin(ctx); err != nil {
		return broker.Position{}, err
	}
	return b.Broker.Append(ctx, name, m, keep)
}

func (b *troubled) Read(ctx context.Context, name string, q broker.Query) (broker.Page, error) {
	if err := b.begin(ctx); err != nil {
		return broker.Page{}, err
	}
	return b.Broker.Read(ctx, name, q)
}

func (b *troubled) Subscribe(
	ctx context.Context, name string, receive func(epoch string, e *broker.Entry),
) (broker.Position, func(), error) {
	if err := b.begin(ctx); err != nil {
		return broker.Position{}, nil, err
	}
	return b.Broker.Subscribe(ctx, name, receive)
}

// Whatever the broker does, a client gets an answer, and may try again.
func TestClientsHearOfABrokerInTrouble(t *testing.T) {
	b := newTroubled()
	s := newSite(t, hawser.Options{Broker: b, CallTimeout: 50 * time.Millisecond})
	room := s.Channel("room:{n}")
	room.OnJoin(allow)
	room.OnHistory(allow)
	room.History(hawser.HistoryOptions{})
	room.AllowPublish()
	c := s.connect()
	at := joinAt(t, c, "room:1", hawser.Position{}).position()
	publishNumbers(t, s.Server, "room:1", 1, 1)
	numbers(t, c, 1)
	ask := func(p codec.Packet) string {
		p.Data = c.Payload(map[string]int{})
		answer, err := c.Ask(t.Context(), p)
		require.NoError(t, err)
		return answer.Code
	}
	published := codec.Packet{Kind: codec.KindPublish, Channel: "room:1", Event: "n"}
	history := codec.Packet{Kind: codec.KindCall, Channel: "room:1", Event: "hawser:history"}
	joinOther := codec.Packet{Kind: codec.KindJoin, Channel: "room:2"}
	rejoin := codec.Packet{Kind: codec.KindJoin, Channel: "room:1", Epoch: at.Epoch}

	b.with(func(context.Context) error { return errors.New("no network") })
	for _, p := range []codec.Packet{published, history, joinOther, rejoin} {
		assert.Equal(t, "unavailable", ask(p), p.Kind)
	}
	b.with(func(context.Context) error { return nil })
	require.Empty(t, ask(rejoin), "who was a member is none after a join that failed, and joins again")
	numbers(t, c, 1)

	b.with(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	assert.Equal(t, "timeout", ask(published), "it is not waited for for ever")
	assert.Equal(t, "timeout", ask(history))
	assert.Equal(t, "unavailable", ask(rejoin))
}
