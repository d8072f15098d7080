package hawser_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

// A returner is a member without a connection that comes back to room:1 again and again.
type returner struct {
	*wire
	client   *wiretest.Client // only to encode
	id       uint64           // of its last join
	accepted uint64
}

// returners connect n sessions, whose handlers run when runner is told to.
func (d *deck) returners(n int, c codec.Codec, runner *later) []*returner {
	d.memory.codec, d.memory.runner = c.Name(), runner
	all := make([]*returner, n)
	for i := range all {
		d.ServeHTTP(nil, browserRequest(i))
		all[i] = &returner{wire: d.memory.opened, client: &wiretest.Client{Codec: c, Key: fmt.Sprintf("%022d", i)}}
		hello := all[i].client.Hello(func(h *codec.Hello) { h.Wire, h.Claim = 1, 1 })
		all[i].say(hello, &codec.Packet{Kind: codec.KindStart, N: 1})
		d.drain(all[i].wire)
	}
	return all
}

func (r *returner) say(packets ...*codec.Packet) {
	if err := r.Receive(context.Background(), r.client.Frame(packets...)); err != nil {
		panic(err)
	}
}

// comeBack joins from a position, and takes all that comes: the answer and what was missed. It returns how many bytes that were.
func (d *deck) comeBack(r *returner, from hawser.Position, missed int, runner *later) (size int) {
	r.id++
	r.say(&codec.Packet{Kind: codec.KindJoin, ID: r.id, Channel: "room:1", Epoch: from.Epoch, Offset: from.Offset})
	runner.run()
	for {
		frame, err := r.Next(d.frame[:0])
		if err != nil {
			panic(err)
		}
		if size += len(frame); len(frame) == 0 || r.Dry() {
			break
		}
	}
	r.accepted += uint64(missed) + 1
	r.say(&codec.Packet{Kind: codec.KindAck, N: r.accepted})
	return size
}

// What one of many recovers is shared with the others: its messages allocate nothing, however many there are.
func TestRecoveryAllocatesNothingForAMessage(t *testing.T) {
	skipUnderRace(t)
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		perJoin := func(missed int) float64 {
			d, runner := newDeck(t), &later{}
			d.Channel("room:{n}").History(hawser.HistoryOptions{Size: missed})
			from := hawser.Position{Epoch: publishNumbers(t, d.Server, "room:1", 1, missed).Epoch}
			all := d.returners(2, c, runner)
			return testing.AllocsPerRun(200, func() {
				for _, r := range all {
					d.comeBack(r, from, missed, runner)
				}
			}) / 2
		}
		few, many := perJoin(20), perJoin(200)
		t.Logf("%s: a join that recovers 20 messages: %v; 200: %v", c.Name(), few, many)
		assert.Less(t, many, few+5, "but for what pools have forgotten")
	}
}

// Members who come back at once, and have missed 100 messages each, without a network: from the frame of the join to the frames of what was missed.
func BenchmarkRecovery(b *testing.B) {
	const missed, payload = 100, 128
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		for _, joiners := range []int{1, 1000} {
			b.Run(fmt.Sprintf("codec=%s/joiners=%d", c.Name(), joiners), func(b *testing.B) {
				d, runner := newDeck(b), &later{}
				d.Channel("room:{n}").History(hawser.HistoryOptions{Size: missed})
				var at hawser.Position
				for range missed {
					at, _ = d.Publish(b.Context(), "room:1", "said", strings.Repeat("x", payload))
				}
				from := hawser.Position{Epoch: at.Epoch}
				all := d.returners(joiners, c, runner)
				b.ReportAllocs()
				for b.Loop() {
					for _, r := range all {
						if d.comeBack(r, from, missed, runner) < missed*payload {
							b.Fatal("it did not get what it missed")
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*joiners*missed), "ns/message")
			})
		}
	}
}
