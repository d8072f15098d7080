package hawser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/netlab"
	"github.com/hawser-go/hawser/internal/wiretest"
	"github.com/hawser-go/hawser/session"
)

// A price is an update of a ticker.
type price struct {
	Symbol string        `json:"symbol"`
	Cents  int           `json:"cents"`
	Sent   time.Duration `json:"sent"` // since the test began
	Note   string        `json:"note,omitempty"`
}

func symbolOf(_ string, data any) string { return data.(price).Symbol }

// take takes one frame that waits for a wire, decoded.
func (d *deck) take(tb testing.TB, w *wire) (packets []*codec.Packet, size int) {
	tb.Helper()
	frame, err := w.Next(nil)
	require.NoError(tb, err)
	for rest := frame; len(rest) > 0; {
		p := &codec.Packet{}
		rest, err = codec.JSON().NextPacket(rest, p)
		require.NoError(tb, err)
		packets = append(packets, p)
	}
	return packets, len(frame)
}

func (d *deck) say(tb testing.TB, w *wire, packets ...string) {
	tb.Helper()
	require.NoError(tb, w.Receive(context.Background(), []byte(strings.Join(packets, "\n"))))
}

// 10,000 updates a second of 100 symbols, which are more than five times what a line of 1 Mbit/s carries.
func TestTickerOnASlowLineIsAtMostOneFlushBehind(t *testing.T) {
	const (
		symbols = 100
		rate    = 1e6 / 8 // bytes a second
		step    = 10 * time.Millisecond
	)
	for _, every := range []time.Duration{0, 20 * time.Millisecond, 200 * time.Millisecond} {
		t.Run(fmt.Sprintf("flush every %v", every), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDeck(t)
				d.Channel("room:{n}").Deliver(hawser.LatestBy(symbolOf), hawser.FlushEvery(every))
				w := d.board(1)[0]
				w.woken = make(chan struct{}, 1)
				began := time.Now()
				truth, seen := map[string]int{}, map[string]int{}
				var oldest, longest time.Duration // of what arrived; that a frame took
				var offset uint64
				accepted, biggest, updates := uint64(1), 0, 0

				over := make(chan struct{})
				var line sync.WaitGroup
				line.Go(func() {
					for {
						packets, size := d.take(t, w)
						if size == 0 {
							select {
							case <-w.woken:
								continue
							case <-over:
								return
							}
						}
						takes := time.Duration(float64(size) / rate * float64(time.Second))
						time.Sleep(takes)
						longest, biggest = max(longest, takes), max(biggest, len(packets))
						for _, p := range packets {
							if p.Kind != codec.KindMessage {
								assert.NotEqual(t, codec.KindReset, p.Kind)
								continue
							}
							var got price
							assert.NoError(t, json.Unmarshal(p.Data.Raw, &got))
							assert.Greater(t, p.Offset, offset, "offsets never run backwards")
							offset = p.Offset
							seen[got.Symbol] = got.Cents
							oldest = max(oldest, time.Since(began)-got.Sent)
							accepted++
						}
						d.acknowledge([]*wire{w}, accepted)
					}
				})
				r := rand.New(rand.NewPCG(1, 1))
				for range 3 * time.Second / step {
					for range 10_000 * int(step) / int(time.Second) {
						p := price{Symbol: fmt.Sprintf("SYM%02d", r.IntN(symbols)), Cents: updates, Sent: time.Since(began)}
						truth[p.Symbol] = p.Cents
						_, err := d.Publish(t.Context(), "room:1", "price", p)
						require.NoError(t, err)
						updates++
					}
					time.Sleep(step)
				}
				time.Sleep(every + time.Second)
				synctest.Wait()
				close(over)
				line.Wait()
				t.Logf("%d of %d updates arrived; the oldest after %v; frames of up to %d packets took up to %v", accepted, updates, oldest, biggest, longest)
				assert.LessOrEqual(t, biggest, symbols+3, "one of each symbol, and what has no number")
				assert.LessOrEqual(t, oldest, every+2*longest, "gathered, then the frame before, then its own")
				assert.Equal(t, truth, seen, "in the end it has what is so")
				assert.Less(t, int(accepted), updates)
			})
		})
	}
}

// What is published within a tick comes together when it is over, in one frame.
func TestFlushEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDeck(t)
		d.Channel("room:{n}").Deliver(hawser.FlushEvery(100 * time.Millisecond))
		w := d.board(1)[0]
		for n := range 3 {
			_, err := d.Publish(t.Context(), "room:1", "n", n)
			require.NoError(t, err)
			time.Sleep(30 * time.Millisecond)
		}
		packets, _ := d.take(t, w)
		assert.Empty(t, packets, "not yet")
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		packets, _ = d.take(t, w)
		var got []string
		for _, p := range packets {
			got = append(got, string(p.Data.Raw))
		}
		assert.Equal(t, []string{"0", "1", "2"}, got)
	})
}

// However much is published, what a stalled reader of a ticker makes the server hold does not grow.
func TestStalledReaderOfATickerKeepsLittle(t *testing.T) {
	skipUnderRace(t)
	d := newDeck(t)
	d.Channel("room:{n}").Deliver(hawser.LatestBy(symbolOf))
	wires := d.board(50) // nobody reads
	publish := func(n int) {
		for i := range n {
			_, err := d.Publish(t.Context(), "room:1", "price", price{Symbol: fmt.Sprintf("SYM%02d", i%100), Cents: i})
			require.NoError(t, err)
		}
	}
	publish(1000)
	before := heap()
	publish(10_000)
	grown := int64(heap()) - int64(before)
	runtime.KeepAlive(wires)
	t.Logf("%d bytes a session", grown/50)
	assert.Less(t, grown/50, int64(8<<10))
	for _, w := range wires {
		packets, _ := d.take(t, w)
		messages := 0
		for _, p := range packets {
			if p.Kind == codec.KindMessage {
				messages++
			}
		}
		assert.Equal(t, 100, messages)
	}
}

// Over a real socket, where Hawser learns that the line is slow only when the buffers between are full. 10,000 updates of 70 bytes a second are 5.6 times what
// 1 Mbit/s carries: so many are published here for each that arrives, so that it does not matter how fast this machine is. They are bigger, to fill the buffers
// soon.
func TestTickerOverASlowConnection(t *testing.T) {
	const (
		symbols   = 100
		arrive    = 10
		published = 56   // for each ten that arrive
		flood     = 4000 // at first
		rounds    = 10
		between   = 4 << 20 // bytes that systems and the laboratory may have on their way: what a log keeps of what was sent
	)
	s := newSite(t, hawser.Options{})
	ticker := s.Channel("ticker")
	ticker.OnJoin(allow)
	ticker.Deliver(hawser.LatestBy(symbolOf))
	var lost []hawser.Unacknowledged
	gone := make(chan struct{})
	s.OnDisconnect(func(c *hawser.Context) error { lost = c.Unacknowledged(); close(gone); return nil })
	lab, err := netlab.Listen("127.0.0.1:0", netlab.Options{
		Target: strings.TrimPrefix(s.http.URL, "http://"), Faults: []netlab.Fault{netlab.Bandwidth{Down: 1e6 / 8}},
	})
	require.NoError(t, err)
	t.Cleanup(lab.Close)
	c := s.client(func(c *wiretest.Client) { c.URL = lab.URL() + "/realtime/" })
	require.NoError(t, c.Connect(t.Context()))
	_, err = c.Join(t.Context(), "ticker")
	require.NoError(t, err)

	truth, seen := map[string]int{}, map[string]int{}
	count, got, offset := 0, 0, uint64(0)
	note := strings.Repeat("x", 4000)
	publish := func(n int) {
		for range n {
			count++
			p := price{Symbol: fmt.Sprintf("SYM%02d", count%symbols), Cents: count, Note: note}
			truth[p.Symbol] = count
			_, err := s.Publish(t.Context(), "ticker", "price", p)
			require.NoError(t, err)
		}
	}
	size := 0 // of a message
	next := func() *codec.Packet {
		p, err := c.Next(t.Context())
		require.NoError(t, err)
		if p.Kind != codec.KindMessage {
			return p
		}
		require.Greater(t, p.Offset, offset, "offsets never run backwards")
		offset = p.Offset
		var one price
		require.NoError(t, json.Unmarshal(p.Data.Raw, &one))
		seen[one.Symbol] = one.Cents
		size = len(p.Data.Raw)
		got++
		return p
	}
	publish(flood)
	for range rounds {
		for range arrive {
			require.Equal(t, codec.KindMessage, next().Kind, "never a reset")
		}
		require.NoError(t, c.Ack())
		publish(published)
	}
	s.session(c).End("closed", "")
	receive(t, gone)
	sent := 0
	for _, u := range lost {
		var p price
		require.NoError(t, u.Bind(&p))
		if u.Sent {
			sent++
			continue
		}
		assert.Equal(t, truth[p.Symbol], p.Cents, "what waits is the latest")
	}
	t.Logf("%d of %d updates had arrived, up to the %dth; %d KB were on their way, %d updates waited", got, count, offset, sent*size>>10, len(lost)-sent)
	// What the client has not acknowledged is how far it is behind, and all that the server keeps for it.
	assert.LessOrEqual(t, len(lost)-sent, symbols, "behind what is on its way there is one flush: an update of each symbol")
	assert.Less(t, sent*size, between, "what is on its way does not grow with what is published")
	assert.Less(t, 4*between, count*size, "which would be far more")
	lab.Set() // that need not take its time
	for next().Kind != codec.KindEnd {
	}
	assert.Equal(t, truth, seen, "in the end it has what is so")
}

// One member of a thousand reads nothing. Everything here runs on one goroutine: whoever waited for it would wait for ever.
func TestStalledMemberHoldsUpNobody(t *testing.T) {
	const members, publications, unsent = 1000, 150, 8 << 10
	d := newDeck(t, func(o *hawser.Options) { o.Outgoing = session.Limits{UnsentBytes: unsent} })
	d.Channel("other").OnJoin(allow)
	wires := d.board(members)
	stalled, others := wires[0], wires[1:]
	text := strings.Repeat("x", 100)
	for i := range publications {
		_, err := d.Publish(t.Context(), "room:1", "said", text)
		require.NoError(t, err)
		for _, w := range others {
			require.Positive(t, d.drain(w), "publication %d", i)
		}
		if i%50 == 49 {
			d.acknowledge(others, uint64(i)+2)
		}
	}
	assert.Equal(t, members-1, d.Members("room:1"))
	assert.Len(t, d.Sessions(), members, "its session goes on")
	d.say(t, stalled, `[37,2,"other"]`)
	for d.Members("other") < 1 {
		runtime.Gosched()
	}
	packets, size := d.take(t, stalled)
	assert.LessOrEqual(t, size, unsent+1000, "what the log holds has a bound")
	require.NotEmpty(t, packets)
	kinds := map[codec.Kind]int{}
	for _, p := range packets {
		kinds[p.Kind]++
	}
	assert.Equal(t, 1, kinds[codec.KindReset])
	assert.Zero(t, kinds[codec.KindMessage])
	assert.Equal(t, 1, kinds[codec.KindReply], "a join of another channel is answered")
}

// What was lost to a slow reader is had again from the history, each once and in order.
func TestSlowReaderRecovers(t *testing.T) {
	d := newDeck(t, func(o *hawser.Options) { o.Outgoing = session.Limits{UnsentPackets: 10} })
	d.Channel("room:{n}").History(hawser.HistoryOptions{Size: 1000})
	w := d.board(1)[0]
	n := 0
	publish := func(more int) {
		for range more {
			n++
			_, err := d.Publish(t.Context(), "room:1", "said", n)
			require.NoError(t, err)
		}
	}
	var offset uint64
	var epoch string
	accepted, id := uint64(1), 1
	publish(5)
	for offset < 100 {
		packets, size := d.take(t, w)
		if size == 0 {
			publish(min(25, 100-n))
			runtime.Gosched() // its join is handled elsewhere
			continue
		}
		for _, p := range packets {
			switch p.Kind {
			case codec.KindMessage:
				require.Equal(t, offset+1, p.Offset)
				offset = p.Offset
			case codec.KindReset:
				id++
				epoch = p.Epoch
				d.say(t, w, fmt.Sprintf(`[37,%d,"room:1",%q,%d]`, id, p.Epoch, offset))
			case codec.KindReply:
				assert.Contains(t, string(p.Data.Raw), `"recovered":true`)
			default:
				require.False(t, p.Kind.Numbered(), "%v %s", p.Kind, p.Code)
				continue
			}
			accepted++
		}
		d.acknowledge([]*wire{w}, accepted)
	}
	assert.NotEmpty(t, epoch, "it was reset")
	t.Logf("%d joins", id)
}

func TestVolatileChannel(t *testing.T) {
	s := newSite(t, hawser.Options{})
	cursors := s.Channel("cursors")
	cursors.OnJoin(allow)
	cursors.AllowPublish()
	cursors.Deliver(hawser.Volatile())
	c := s.connect()
	joined, err := c.Join(t.Context(), "cursors")
	at := decode[hawser.Position](t, c, joined, err)
	at2, err := s.Publish(t.Context(), "cursors", "at", 1)
	require.NoError(t, err)
	assert.Equal(t, at.Offset+1, at2.Offset, "publications are counted")
	p, err := c.Volatile(t.Context())
	require.NoError(t, err)
	assert.Equal(t, codec.Packet{Kind: codec.KindVolatile, Channel: "cursors", Event: "at", Data: codec.Payload{Raw: []byte("1")}}, *p)
}

// The key of what a client publishes is asked with what its payload decodes to.
func TestLatestByOfWhatClientsPublish(t *testing.T) {
	for _, by := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		t.Run(by.Name(), func(t *testing.T) {
			s := newSite(t, hawser.Options{})
			asked := make(chan any, 2)
			room := s.Channel("room")
			room.OnJoin(allow)
			room.AllowPublish()
			room.Deliver(hawser.LatestBy(func(event string, data any) string {
				asked <- data
				if event == "long" {
					return strings.Repeat("k", 256)
				}
				return data.(map[string]any)["who"].(string) // panics where it is none
			}))
			c := s.client(func(c *wiretest.Client) { c.Codec = by })
			require.NoError(t, c.Connect(t.Context()))
			_, err := c.Join(t.Context(), "room")
			require.NoError(t, err)
			publish := func(event string, data any) string {
				payload, err := codec.Encode(by, data)
				require.NoError(t, err)
				p, err := c.Ask(t.Context(), codec.Packet{Kind: codec.KindPublish, Channel: "room", Event: event, Data: payload})
				require.NoError(t, err)
				return p.Code
			}
			assert.Empty(t, publish("moved", map[string]any{"who": "ann"}))
			assert.Equal(t, map[string]any{"who": "ann"}, <-asked)
			assert.Equal(t, "bad_request", publish("long", "x"))
			assert.Equal(t, "x", <-asked)
			assert.Equal(t, "internal", publish("moved", []byte{1}), "a key that panics")
			assert.Equal(t, []byte{1}, <-asked)
		})
	}
}

// A ticker keeps no history: whoever joins gets the snapshot, and what came after it, though publishing goes on while it is taken.
func TestTickerWithASnapshot(t *testing.T) {
	s := newSite(t, hawser.Options{})
	ticker := s.Channel("ticker")
	ticker.OnJoin(allow)
	ticker.Deliver(hawser.LatestBy(symbolOf))
	publish := func(cents int) hawser.Position {
		at, err := s.Publish(t.Context(), "ticker", "price", price{Symbol: "SYM", Cents: cents})
		require.NoError(t, err)
		return at
	}
	ticker.OnSnapshot(func(*hawser.Context) (any, error) {
		at := publish(1)
		publish(2)
		return hawser.At(at, 1), nil
	})
	c := s.connect()
	joined, err := c.Join(t.Context(), "ticker")
	reply := decode[struct {
		Offset   uint64 `json:"offset"`
		Snapshot int    `json:"snapshot"`
	}](t, c, joined, err)
	assert.EqualValues(t, 1, reply.Offset)
	assert.Equal(t, 1, reply.Snapshot)
	p, err := c.Next(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 2, p.Offset)
}
