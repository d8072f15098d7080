package channel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
	"github.com/hawser-go/hawser/broker/memory"
	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
)

// A remote is a log whose messages reach this node when the test says so.
type remote struct {
	broker.Log
	receive   func(epoch string, e *broker.Entry) // of the subscription; nil: there is none
	onTheWay  []broker.Entry
	epoch     string
	failing   error
	behind    int // messages that Read does not know of yet
	following int // subscriptions
}

func newRemote() *remote { return &remote{Log: memory.New(memory.Options{})} }

func (r *remote) Subscribe(
	ctx context.Context, name string, receive func(epoch string, e *broker.Entry),
) (broker.Position, func(), error) {
	if r.failing != nil {
		return broker.Position{}, nil, r.failing
	}
	at, stop, err := r.Log.Subscribe(ctx, name, func(epoch string, e *broker.Entry) {
		r.epoch = epoch
		r.onTheWay = append(r.onTheWay, *e)
	})
	r.receive = receive
	r.following++
	return at, func() { stop(); r.following-- }, err
}

// Read is that of a replica, which is behind.
func (r *remote) Read(ctx context.Context, name string, q broker.Query) (broker.Page, error) {
	page, err := r.Log.Read(ctx, name, q)
	if err != nil {
		return page, err
	}
	page.At.Offset -= uint64(r.behind)
	page.Entries = slices.DeleteFunc(page.Entries, func(e broker.Entry) bool { return e.Offset > page.At.Offset })
	return page, nil
}

// arrive lets n messages arrive.
func (r *remote) arrive(n int) {
	for range n {
		r.receive(r.epoch, &r.onTheWay[0])
		r.onTheWay = r.onTheWay[1:]
	}
}

// A shore is a hub of one codec on a remote log, whose channels keep what is published.
type shore struct {
	*channel.Hub
	t     *testing.T
	log   *remote
	codec *lineCodec
}

func newShore(t *testing.T, o channel.Options) *shore {
	t.Helper()
	s := &shore{t: t, log: newRemote(), codec: &lineCodec{name: "x"}}
	o.Log, o.Codecs = s.log, []codec.Codec{s.codec}
	s.Hub = channel.NewHub(o)
	return s
}

func (s *shore) member() *recorder { return &recorder{codec: s.codec, id: "m"} }

func (s *shore) publish(n int, except string) (last channel.Position) {
	s.t.Helper()
	for range n {
		var err error
		last, err = s.Publish(s.t.Context(), channel.Publication{
			Channel: "room", Event: "e", Data: 1, Except: except, Keep: broker.Retention{Size: 100},
		})
		require.NoError(s.t, err)
	}
	return last
}

func (s *shore) reserve(m channel.Member) *channel.Reservation {
	s.t.Helper()
	r, err := s.Reserve(s.t.Context(), "room", m)
	require.NoError(s.t, err)
	s.t.Cleanup(r.Cancel)
	return r
}

func nothing() error { return nil }

// offsets returns what a member got: the offsets of messages, and "reset".
func offsets(m *recorder) string {
	var got []string
	for _, line := range m.lines() {
		fields := strings.Split(line, "|")
		if fields[0] == "reset" {
			got = append(got, "reset")
		} else {
			got = append(got, fields[2])
		}
	}
	return strings.Join(got, " ")
}

func TestReservation(t *testing.T) {
	s := newShore(t, channel.Options{})
	m := s.member()
	began := s.publish(2, "")
	r := s.reserve(m)
	assert.Equal(t, began, r.At())
	s.publish(2, "")
	s.log.arrive(2)
	require.NoError(t, r.From(t.Context(), channel.Position{Epoch: began.Epoch, Offset: 1}))
	s.publish(1, "m")
	s.log.arrive(1)
	assert.Empty(t, offsets(m), "nothing before it is admitted")
	assert.Zero(t, s.Count("room"))
	answered := false
	require.NoError(t, r.Admit(func() error {
		assert.Empty(t, offsets(m))
		answered = true
		return nil
	}))
	assert.True(t, answered)
	assert.Equal(t, "2 3 4", offsets(m), "what was missed, what was kept, but not what it published itself")
	assert.Equal(t, 1, s.Count("room"))
	s.publish(1, "")
	s.log.arrive(1)
	assert.Equal(t, "2 3 4 6", offsets(m))
	r.Cancel()
	assert.Equal(t, 1, s.Count("room"), "it was admitted")
	require.ErrorIs(t, r.Admit(nothing), channel.ErrLost)
	assert.True(t, s.Leave("room", m, nil))
	assert.Zero(t, s.log.following)
}

func TestReservationIsBounded(t *testing.T) {
	for name, o := range map[string]channel.Options{"packets": {KeptPackets: 3}, "bytes": {KeptBytes: 3 * len("x|room|1|e|1")}} {
		s := newShore(t, o)
		r := s.reserve(s.member())
		s.publish(3, "")
		s.log.arrive(3)
		require.NoError(t, r.Admit(nothing), name)
		m := s.member()
		r = s.reserve(m)
		s.publish(4, "")
		s.log.arrive(4)
		require.ErrorIs(t, r.Admit(func() error { t.Error("it has no answer"); return nil }), channel.ErrLost, name)
		r.Cancel()
		assert.Empty(t, offsets(m))
		r = s.reserve(m)
		require.NoError(t, r.Admit(nothing), "it starts over")
	}
}

func TestReservationOfOneWhoLeaves(t *testing.T) {
	s := newShore(t, channel.Options{})
	m := s.member()
	r := s.reserve(m)
	left := false
	assert.True(t, s.Leave("room", m, func() { left = true }))
	assert.True(t, left)
	assert.Zero(t, s.log.following, "nobody is left")
	require.ErrorIs(t, r.Admit(nothing), channel.ErrLost)
	r.Cancel()
	r = s.reserve(m)
	assert.Equal(t, 1, s.log.following)
	no := errors.New("no answer")
	require.ErrorIs(t, r.Admit(func() error { return no }), no)
	r.Cancel()
	r.Cancel()
	assert.Zero(t, s.log.following)
	assert.Zero(t, s.Count("room"))
}

func TestPositionsThatCannotBeHad(t *testing.T) {
	s := newShore(t, channel.Options{})
	last := s.publish(3, "")
	r := s.reserve(s.member())
	for why, p := range map[broker.PositionReason]channel.Position{
		broker.OtherEpoch: {Epoch: "another", Offset: 2},
		broker.Future:     {Epoch: last.Epoch, Offset: 4},
	} {
		var useless *broker.PositionError
		require.ErrorAs(t, r.From(t.Context(), p), &useless)
		assert.Equal(t, why, useless.Reason)
	}
	var useless *broker.PositionError
	require.ErrorAs(t, r.From(t.Context(), channel.Position{}), &useless)
	require.NoError(t, r.Admit(nothing), "it begins at At then")
}

// A client that comes from a node that was ahead of this one gets nothing twice.
func TestJoinAheadOfThisNode(t *testing.T) {
	s := newShore(t, channel.Options{})
	m := s.member()
	r := s.reserve(m)
	ahead := s.publish(3, "")
	s.log.arrive(1)
	require.NoError(t, r.From(t.Context(), ahead))
	require.NoError(t, r.Admit(nothing))
	s.log.arrive(2)
	assert.Empty(t, offsets(m))
	s.publish(1, "")
	s.log.arrive(1)
	assert.Equal(t, "4", offsets(m))

	again := s.member()
	r = s.reserve(again)
	require.NoError(t, r.From(t.Context(), s.publish(2, "")))
	require.NoError(t, r.Admit(nothing))
	assert.True(t, s.Leave("room", again, nil), "one who waits for that can leave")
	s.log.arrive(2)
	assert.Empty(t, offsets(again))
}

// What is lost between nodes is told, and can be recovered.
func TestHoleBetweenNodes(t *testing.T) {
	s := newShore(t, channel.Options{})
	m, joining := s.member(), s.member()
	require.NoError(t, s.reserve(m).Admit(nothing))
	s.publish(1, "")
	s.log.arrive(1)
	lost := s.reserve(joining)
	s.publish(3, "")
	s.log.onTheWay = s.log.onTheWay[1:]
	s.log.arrive(2)
	assert.Equal(t, "1 reset", offsets(m), "once, and nothing after it")
	assert.Zero(t, s.Count("room"))
	require.ErrorIs(t, lost.Admit(nothing), channel.ErrLost)

	r := s.reserve(m)
	require.NoError(t, r.From(t.Context(), channel.Position{Epoch: s.log.epoch, Offset: 1}))
	require.NoError(t, r.Admit(nothing))
	assert.Equal(t, "1 reset 2 3 4", offsets(m))

	s.log.receive(s.log.epoch, &broker.Entry{Offset: 4, Message: broker.Message{Event: "e"}})
	assert.Equal(t, "1 reset 2 3 4", offsets(m), "what is told twice is delivered once")
	s.log.receive("another epoch", &broker.Entry{Offset: 5, Message: broker.Message{Event: "e"}})
	assert.Equal(t, "1 reset 2 3 4 reset", offsets(m))
	assert.EqualValues(t, 2, s.Resets())
}

// What has come to this node already and cannot be read yet is not passed over in silence.
func TestBrokerThatIsBehindItsSubscriptions(t *testing.T) {
	s := newShore(t, channel.Options{})
	require.NoError(t, s.reserve(s.member()).Admit(nothing))
	epoch := s.publish(5, "").Epoch
	s.log.arrive(5)
	s.log.behind = 2
	m := s.member()
	r := s.reserve(m)
	require.ErrorIs(t, r.From(t.Context(), channel.Position{Epoch: epoch, Offset: 1}), channel.ErrLost)
	s.log.behind = 0
	require.NoError(t, r.From(t.Context(), channel.Position{Epoch: epoch, Offset: 1}))
	require.NoError(t, r.Admit(nothing))
	assert.Equal(t, "2 3 4 5", offsets(m))
}

// A node with higher bounds may publish what no frame of this one has room for: that is told as a loss.
func TestPublicationsTooLargeForThisNode(t *testing.T) {
	s := newShore(t, channel.Options{MaxPacket: 100})
	m := s.member()
	require.NoError(t, s.reserve(m).Admit(nothing))
	large := broker.Message{Event: "e", Payloads: []broker.Payload{{Codec: s.codec.Name(), Data: make([]byte, 100)}}}
	began := s.publish(1, "")
	_, err := s.log.Append(t.Context(), "room", large, broker.Retention{Size: 100})
	require.NoError(t, err)
	s.log.arrive(2)
	assert.Equal(t, "1 reset", offsets(m))
	r := s.reserve(m)
	var useless *broker.PositionError
	require.ErrorAs(t, r.From(t.Context(), began), &useless)
	require.NoError(t, r.Admit(nothing), "it goes on behind it")
	s.publish(1, "")
	s.log.arrive(1)
	assert.Equal(t, "1 reset 3", offsets(m))
}

func TestBrokerThatCannotSubscribe(t *testing.T) {
	s := newShore(t, channel.Options{})
	s.log.failing = errors.New("no network")
	for range 2 {
		_, err := s.Reserve(t.Context(), "room", s.member())
		require.ErrorIs(t, err, s.log.failing)
	}
	s.log.failing = nil
	require.NoError(t, s.reserve(s.member()).Admit(nothing), "next time")
}

// One who missed more than it has room for gets it in pieces, each from where it has come.
func TestRecoveryInPieces(t *testing.T) {
	for name, test := range map[string]struct {
		options channel.Options
		room    int
		want    []string
	}{
		"as much as there is room for": {channel.Options{}, 8, []string{"1 2 3 4 reset", "5 6 7 8 reset", "9 10"}},
		"one at least":                 {channel.Options{KeptPackets: 5}, 1, []string{"1 reset", "2 reset", "3 reset"}},
		"as much as is read at once":   {channel.Options{KeptPackets: 6}, 0, []string{"1 2 3 4 5 6 reset", "7 8 9 10"}},
	} {
		s := newShore(t, test.options)
		epoch := s.publish(10, "").Epoch
		reached := uint64(0)
		for _, want := range test.want {
			m := s.member()
			m.room = test.room
			r := s.reserve(m)
			require.NoError(t, r.From(t.Context(), channel.Position{Epoch: epoch, Offset: reached}))
			require.NoError(t, r.Admit(nothing))
			r.Cancel()
			require.Equal(t, want, offsets(m), name)
			for _, line := range m.lines() {
				if !strings.HasPrefix(line, "reset") {
					reached++
				}
			}
			assert.Equal(t, !strings.HasSuffix(want, "reset"), s.Count("room") == 1, "after a reset it is no member")
			s.Leave("room", m, nil)
		}
		assert.Zero(t, s.log.following, "none is left behind")
	}
}

// Pages with nothing but what the member published itself do not stop it.
func TestRecoveryOverOnesOwn(t *testing.T) {
	s := newShore(t, channel.Options{KeptPackets: 2})
	epoch := s.publish(1, "").Epoch
	s.publish(7, "m")
	s.publish(1, "")
	m := s.member()
	r := s.reserve(m)
	require.NoError(t, r.From(t.Context(), channel.Position{Epoch: epoch, Offset: 1}))
	require.NoError(t, r.Admit(nothing))
	assert.Equal(t, "9", offsets(m))
}

// Many join and leave, some of them in the middle; nothing is left of any.
func TestReservationsLeaveNothing(t *testing.T) {
	log := newRemote()
	c := &lineCodec{name: "x"}
	h := channel.NewHub(channel.Options{Log: log, Codecs: []codec.Codec{c}})
	var open []*channel.Reservation
	for i := range 100 {
		r, err := h.Reserve(t.Context(), "room", &recorder{codec: c, id: fmt.Sprint(i)})
		require.NoError(t, err)
		open = append(open, r)
	}
	for i := range open { // in another order than they came
		r := open[i*37%100]
		if i%2 == 0 {
			require.NoError(t, r.Admit(nothing))
		}
		r.Cancel()
	}
	assert.Equal(t, 50, h.Count("room"))
	assert.Equal(t, 1, log.following)
}

// Members who recover 100 messages each, from the reservation to the membership: alone, so that each is encoded, and with others.
func BenchmarkRecover(b *testing.B) {
	for _, c := range []codec.Codec{codec.JSON(), codec.MessagePack()} {
		for _, others := range []int{0, 1} {
			b.Run(fmt.Sprintf("codec=%s/others=%d", c.Name(), others), func(b *testing.B) {
				h := newHub(c)
				var at channel.Position
				for range 100 {
					at, _ = h.Publish(b.Context(), channel.Publication{
						Channel: "room", Event: "said", Data: strings.Repeat("x", 128), Keep: broker.Retention{Size: 100},
					})
				}
				for range others {
					join(b, h, "room", &tally{codec: c})
				}
				m := &tally{codec: c}
				b.ReportAllocs()
				for b.Loop() {
					r, err := h.Reserve(b.Context(), "room", m)
					if err == nil {
						err = r.From(b.Context(), channel.Position{Epoch: at.Epoch})
					}
					if err == nil {
						err = r.Admit(nothing)
					}
					if err != nil {
						b.Fatal(err)
					}
					h.Leave("room", m, nil)
				}
				if m.n != 100*b.N {
					b.Fatal(m.n, "messages")
				}
			})
		}
	}
}
