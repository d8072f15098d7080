package line_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/line"
	"github.com/hawser-go/hawser/session"
	"github.com/hawser-go/hawser/transport"
)

func FuzzReceiveJSON(f *testing.F)    { fuzzReceive(f, codec.JSON()) }
func FuzzReceiveMsgPack(f *testing.F) { fuzzReceive(f, codec.MessagePack()) }

// fuzzReceive throws frames at a wire, before its hello and after: it does not panic, does not hang, and either takes a frame or says why not; and the session
// stays one that can be resumed.
func fuzzReceive(f *testing.F, c codec.Codec) {
	f.Helper()
	seeds := newHarness(f)
	w := seeds.open(transport.Opening{Transport: "websocket", Codec: c})
	for _, packets := range [][]*codec.Packet{
		{hello(nil)},
		{hello(nil), start(1), event("a"), event("b")},
		{hello(nil), hello(nil)},
		{after(another(1), codec.Lost{SID: "s", Key: key}), start(1), event("a")},
		{start(1), event("a"), volatile("v"), ping(), pong(), ack(0)},
		{start(9)}, {start(0)}, {ack(1)}, {use(1, 2, 0)}, {use(1, 2, 9)},
		{start(1), {Kind: codec.KindEnd, Code: "bye"}},
		{start(1), {Kind: codec.KindMessage, Channel: "c", Offset: 1, Event: "e"}},
		{{Kind: codec.KindClose, Code: "leaving"}},
	} {
		f.Add(w.frame(packets...), true)
		f.Add(w.frame(packets...), false)
	}
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, frame []byte, greeted bool) {
		h := newHarness(t)
		h.codec = c
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		w := h.open(transport.Opening{Transport: "websocket", Codec: c})
		if greeted {
			require.NoError(t, w.up(hello(nil)))
			w.down()
		}
		err := w.Receive(ctx, append([]byte{}, frame...))
		require.NoError(t, ctx.Err(), "it hangs")
		down := w.down()
		if err != nil {
			require.NotEmpty(t, code(t, err))
			require.Contains(t, down, "over")
		}
		w.Detach(transport.ErrPeerGone)
		for _, l := range h.registry.Lines() {
			if greeted {
				next := h.socket()
				_ = next.up(h.again(7, codec.MaxInt, 0))
				if next.down()[0] == "gone" {
					require.True(t, (<-h.only().ended).ByPeer, "only the client's own end ends it")
				}
			}
			l.End(&line.End{Code: "closed"})
		}
	})
}

// TestEverythingAtTheSameTime is for the race detector, and for locks that are taken in the wrong order.
func TestEverythingAtTheSameTime(t *testing.T) {
	h := newHarness(t, func(o *line.Options) {
		o.Outgoing = session.SharedLimits(session.Limits{UnsentPackets: 1 << 20, UnsentBytes: 1 << 30})
	})
	_, s := h.connect()
	var wg sync.WaitGroup
	const each = 200
	wires := make([]*wire, 4)
	for i := range wires {
		wires[i] = h.resume(uint64(i+2), uint64(i+2), 0)
	}
	for _, w := range wires {
		wg.Go(func() {
			for range each {
				_, _ = w.Next(nil)
			}
		})
		wg.Go(func() {
			for i := range each {
				_ = w.up(ping(), ack(0), use(uint64(i%5+1), uint64(i), 0), start(1), event("e"), volatile("v"))
				s.handleAll()
			}
			w.Detach(transport.ErrPeerGone)
		})
	}
	wg.Go(func() {
		for range each {
			s.send("a")
			s.SendVolatile(h.encoded(volatile("v")))
			s.Goaway(time.Second)
			s.Transport()
			s.Unacknowledged()
		}
	})
	wg.Go(func() {
		for i := range each {
			w := h.resume(uint64(100+i), uint64(i+1), 0)
			_ = w.Hold()
			w.Detach(transport.ErrPeerGone)
		}
	})
	wg.Wait()
	last := h.resume(1000, 1_000_000, 0)
	s.End(&line.End{Code: "closed"})
	down := last.down()
	require.Len(t, down, each+3)
	assert.Equal(t, "end closed", down[each+2])
}

func TestManySessionsLeaveNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHarness(t)
		for i := range 1000 {
			w := h.socket()
			require.NoError(t, w.up(hello(func(b *codec.Hello) { b.Key = fmt.Sprintf("%022d", i) })))
			w.Detach(transport.ErrPeerGone)
		}
		assert.Equal(t, 1000, h.registry.Len())
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		assert.Zero(t, h.registry.Len())
		for _, s := range h.sessions {
			assert.Equal(t, "expired", (<-s.ended).Code)
		}
		// A timer that still ran would make time go on here, where nothing else does: the bubble would not end.
	})
}

// TestAllocationsOfAnEvent holds what one event that comes up costs here: the packet, its name, its payload's place in the inbox.
func TestAllocationsOfAnEvent(t *testing.T) {
	h := newHarness(t)
	w, s := h.connect()
	require.NoError(t, w.up(start(1)))
	frame := w.frame(event("a name"))
	ctx := t.Context()
	s.got, s.waiting = make([]*codec.Packet, 0, 1<<12), make([]accepted, 0, 1<<12)
	allocs := testing.AllocsPerRun(1000, func() {
		if err := w.Receive(ctx, frame); err != nil {
			t.Fatal(err)
		}
	})
	assert.LessOrEqual(t, allocs, 3.0)
}
