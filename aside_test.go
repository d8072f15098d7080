package hawser_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/broker"
	brokermemory "github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/codec"
)

// A hanging broker does not answer who subscribes to room:hung, until it is told what to answer, or the context ends.
type hanging struct {
	broker.Broker
	answers chan error
}

func (b *hanging) Subscribe(
	ctx context.Context, name string, receive func(epoch string, e *broker.Entry),
) (at broker.Position, stop func(), err error) {
	if name == "room:hung" {
		select {
		case err := <-b.answers:
			if err != nil {
				return at, nil, err
			}
		case <-ctx.Done():
			return at, nil, ctx.Err()
		}
	}
	return b.Broker.Subscribe(ctx, name, receive)
}

// newHanging returns a member of room:1 of a server whose broker hangs, and what it is told.
func newHanging(t *testing.T) (d *deck, b *hanging, w *wire, told func() []string) {
	t.Helper()
	b = &hanging{Broker: brokermemory.New(brokermemory.Options{}), answers: make(chan error)}
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	d = newDeck(t, func(o *hawser.Options) { o.Broker = b })
	d.OnCall("ask", func(*hawser.Context) error { return nil })
	d.Channel("room:{n}").OnCall("ask", func(*hawser.Context) error { return nil })
	w = d.board(1)[0]
	return d, b, w, answers(t, d, w)
}

// answers returns what a wire is told, in order: "3" for the reply to request 3, "3 code" for an error.
func answers(t *testing.T, d *deck, w *wire) func() []string {
	return func() (all []string) {
		synctest.Wait()
		packets, _ := d.take(t, w)
		for _, p := range packets {
			switch p.Kind {
			case codec.KindReply:
				all = append(all, string(rune('0'+p.ID)))
			case codec.KindError:
				all = append(all, string(rune('0'+p.ID))+" "+p.Code)
			default:
				if p.Kind.Numbered() {
					all = append(all, p.Kind.String())
				}
			}
		}
		return all
	}
}

// A broker that hangs for one channel holds up nothing but that channel, also in the session that is the first to join it.
func TestABrokerThatHangsHoldsUpOneChannel(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(b *hanging)
		want   []string
	}{
		"it never answers": {func(*hanging) { time.Sleep(11 * time.Second) }, []string{"2 unavailable", "3 forbidden", "6 forbidden"}},
		"it fails":         {func(b *hanging) { b.answers <- errors.New("no") }, []string{"2 unavailable", "3 forbidden", "6 forbidden"}},
		"it is slow":       {func(b *hanging) { b.answers <- nil }, []string{"2", "3", "6"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, b, w, told := newHanging(t)
				d.say(t, w, `[37,2,"room:hung"]`, `[33,3,"room:hung","ask"]`, `[37,4,"room:2"]`, `[33,5,"","ask"]`)
				time.Sleep(time.Second)
				d.say(t, w, `[33,6,"room:hung","ask"]`, `[33,7,"room:1","ask"]`)
				assert.Equal(t, []string{"4", "5", "7"}, told())
				c.answer(b)
				assert.Equal(t, c.want, told())
			})
		})
	}
}

// Who waits aside does not keep another session from joining, even if it waits for the same.
func TestManyWaitForABrokerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b, w, told := newHanging(t)
		other := d.connect(1)
		d.say(t, w, `[37,2,"room:hung"]`, `[37,3,"room:2"]`)
		d.say(t, other, `[37,2,"room:hung"]`, `[37,3,"room:2"]`)
		time.Sleep(time.Second)
		assert.Equal(t, []string{"3"}, told())
		assert.Equal(t, 2, d.Members("room:2"))
		b.answers <- nil
		assert.Equal(t, []string{"2"}, told())
		assert.Equal(t, 2, d.Members("room:hung"))
	})
}

// Revoked while it waits aside, and joined again.
func TestRevokedAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b, w, told := newHanging(t)
		d.say(t, w, `[37,2,"room:hung"]`)
		time.Sleep(time.Second)
		require.True(t, d.Sessions()[0].Leave("room:hung", "out", ""))
		d.say(t, w, `[37,3,"room:hung"]`)
		b.answers <- nil
		assert.Equal(t, []string{"2 forbidden"}, told())
		assert.Zero(t, d.Members("room:hung"))
		b.answers <- nil // for nobody was there any more
		assert.Equal(t, []string{"3"}, told())
		assert.Equal(t, 1, d.Members("room:hung"))
	})
}

// A session that ends while a join waits aside: OnDisconnect comes last, and the channel has no member.
func TestTheEndComesAfterWhatIsAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b, w, _ := newHanging(t)
		var order []string
		room := d.Channel("room:{n}")
		room.OnLeave(func(c *hawser.Context) error { order = append(order, "left "+c.Channel()); return nil })
		d.OnDisconnect(func(*hawser.Context) error { order = append(order, "gone"); return nil })
		d.say(t, w, `[37,2,"room:hung"]`)
		time.Sleep(time.Second)
		d.Sessions()[0].End("closed", "")
		synctest.Wait()
		assert.Equal(t, []string{"left room:1"}, order)
		b.answers <- nil
		synctest.Wait()
		assert.Equal(t, []string{"left room:1", "left room:hung", "gone"}, order)
		assert.Zero(t, d.Members("room:hung"))
	})
}

// Shutdown ends a session when what it had accepted is answered.
func TestShutdownWaitsForWhatIsAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b, w, told := newHanging(t)
		d.say(t, w, `[37,2,"room:hung"]`, `[33,3,"room:hung","ask"]`)
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		over := make(chan error)
		go func() { over <- d.Shutdown(ctx) }()
		time.Sleep(time.Second)
		assert.Empty(t, told())
		b.answers <- nil
		assert.Equal(t, []string{"2", "3", "end"}, told())
		d.acknowledge([]*wire{w}, 4)
		<-over
	})
}

// A slowLeases broker answers who holds or releases a lease of presence only when it is let, or the context ends.
type slowLeases struct {
	broker.Broker
	slow    atomic.Bool
	answers chan struct{}
}

func (b *slowLeases) wait(ctx context.Context) error {
	if !b.slow.Load() {
		return nil
	}
	select {
	case <-b.answers:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *slowLeases) Hold(ctx context.Context, group string, l broker.Lease, ttl time.Duration) error {
	if err := b.wait(ctx); err != nil {
		return err
	}
	return b.Broker.Hold(ctx, group, l, ttl)
}

func (b *slowLeases) Release(ctx context.Context, group, key string) error {
	if err := b.wait(ctx); err != nil {
		return err
	}
	return b.Broker.Release(ctx, group, key)
}

// A broker that does not take leases holds up the channel whose presence it is about, and nothing else of the session.
func TestABrokerThatTakesNoLeasesHoldsUpOneChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := brokermemory.New(brokermemory.Options{})
		defer func() { assert.NoError(t, memory.Close()) }()
		b := &slowLeases{Broker: memory, answers: make(chan struct{})}
		d := newDeck(t, func(o *hawser.Options) { o.Broker = b })
		d.OnCall("ask", allow)
		seen := d.Channel("seen:{n}")
		seen.OnJoin(allow)
		seen.Presence(hawser.PresenceOptions{})
		seen.OnPresence(allow)
		seen.AllowState()
		seen.OnCall("ask", allow)
		w := d.board(1)[0]
		told := answers(t, d, w)
		here := func() int {
			n, err := d.Presence("seen:1").Count(t.Context())
			require.NoError(t, err)
			return n.Sessions
		}

		b.slow.Store(true)
		d.say(t, w, `[37,2,"seen:1"]`, `[33,3,"seen:1","ask"]`, `[33,4,"","ask"]`)
		time.Sleep(time.Second)
		assert.Equal(t, []string{"2", "4"}, told(), "it is a member, and what comes for the channel waits")
		assert.Zero(t, here())
		b.answers <- struct{}{}
		assert.Equal(t, []string{"3"}, told())
		assert.Equal(t, 1, here())

		d.say(t, w, `[38,5,"seen:1"]`, `[37,6,"seen:1"]`, `[33,7,"","ask"]`)
		time.Sleep(time.Second)
		assert.Equal(t, []string{"7"}, told())
		b.answers <- struct{}{} // it has left
		synctest.Wait()
		b.answers <- struct{}{} // it is there again
		assert.Equal(t, []string{"5", "6"}, told())
		assert.Equal(t, 1, here())

		for range 30 {
			d.say(t, w, `[10,"seen:1","hawser:state",{"key":"k","value":1}]`)
		}
		d.say(t, w, `[33,8,"","ask"]`)
		time.Sleep(2 * time.Second)
		assert.Equal(t, []string{"8"}, told(), "states that nobody takes hold up nothing for long")

		d.say(t, w, `[38,9,"seen:1"]`)
		time.Sleep(time.Second)
		d.say(t, w, `[44,"closed"]`)
		synctest.Wait()
		assert.Len(t, d.Sessions(), 1, "until it has left")
		b.slow.Store(false)
		close(b.answers)
		synctest.Wait()
		assert.Empty(t, d.Sessions())
		assert.Zero(t, here())
	})
}
