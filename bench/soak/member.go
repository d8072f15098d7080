package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

// A member is one user's page, which is cut off, loaded again and closed, and comes back. It belongs to one goroutine.
type member struct {
	url      string
	mood     *mood
	tally    *tally
	random   *rand.Rand
	network  *network
	http     *http.Client
	over     string        // the transport
	room     string        // where it is all the time
	watches  bool          // the room's presence
	publish  time.Duration // how often it publishes to the room; 0: never
	client   *wiretest.Client
	seats    map[string]*seat
	ids      uint64
	nextAct  time.Time
	nextSaid time.Time
}

// Where members are, and what happens to them.
const (
	rooms      = 8
	tables     = 1 << 20 // so many that most are never used again
	publishers = 16
	quiet      = 10 * time.Second // between two things that happen to a member that stirs, on average
)

func newMember(url string, n int, seed uint64, mood *mood, t *tally) *member {
	m := &member{
		url: url, mood: mood, tally: t, random: rand.New(rand.NewPCG(seed, uint64(n))), network: &network{},
		room: fmt.Sprintf("room:%d", n%rooms), watches: n/rooms%4 == 0,
	}
	m.http = &http.Client{Transport: &http.Transport{DialContext: m.network.dial, IdleConnTimeout: time.Second}}
	if n < publishers {
		m.publish = time.Second
	}
	switch k := n / rooms % 20; {
	case k < 14:
		m.over = "websocket"
	case k < 19:
		m.over = "sse"
	default:
		m.over = "poll"
	}
	return m
}

// live goes on until ctx ends. A member that leaves then says so, or just goes.
func (m *member) live(ctx context.Context) {
	defer m.http.CloseIdleConnections()
	for ctx.Err() == nil {
		if err := m.visit(ctx); err != nil && ctx.Err() == nil {
			m.tally.add(failed)
			wait(ctx, time.Second)
		}
	}
	if m.client == nil {
		return
	}
	if m.random.IntN(2) == 0 {
		_ = m.say(ctx, &codec.Packet{Kind: codec.KindEnd, Code: "closed"})
	}
	m.client.Cut()
}

// visit is one session, from its beginning to its end, or to where it failed.
func (m *member) visit(ctx context.Context) error {
	m.client = &wiretest.Client{URL: m.url, HTTP: m.http, Transport: m.over}
	if m.seats == nil {
		m.seats = map[string]*seat{m.room: {channel: m.room}}
		table := m.table()
		m.seats[table] = &seat{channel: table}
	}
	if err := m.client.Connect(ctx); err != nil {
		return err
	}
	m.tally.add(began)
	m.ids = 0
	for _, s := range m.seats {
		if err := m.join(ctx, s); err != nil {
			return err
		}
	}
	m.wake()
	for ctx.Err() == nil {
		phase, rests := m.mood.now()
		if rests {
			if err := m.rest(ctx, phase); err != nil {
				return err
			}
			m.wake()
			continue
		}
		if again, err := m.stir(ctx, phase); err != nil || !again {
			return err
		}
	}
	return nil
}

// wake says when something is to happen to a member that stirs.
func (m *member) wake() {
	m.nextAct = time.Now().Add(m.while(quiet))
	m.nextSaid = time.Now().Add(m.while(m.publish))
}

func (m *member) table() string { return fmt.Sprintf("table:%d", m.random.IntN(tables)) }

// while is some time, that long on average.
func (m *member) while(d time.Duration) time.Duration {
	return time.Duration(m.random.ExpFloat64() * float64(d))
}

// pause is for how long the member is away, unless all rest.
func (m *member) pause(ctx context.Context, d time.Duration) {
	if phase, rests := m.mood.now(); !rests && ctx.Err() == nil {
		wait(phase, d)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (m *member) id() uint64 {
	m.ids++
	return m.ids
}

// say sends, and if the connection is gone, opens another one, by which it goes.
func (m *member) say(ctx context.Context, p *codec.Packet) error {
	if err := m.client.Send(p); err == nil {
		return nil
	}
	return m.reconnect(ctx)
}

func (m *member) reconnect(ctx context.Context) error {
	m.client.Cut()
	err := m.client.Connect(ctx)
	switch {
	case err == nil:
		m.tally.add(resumed)
	case errors.Is(err, wiretest.ErrGone):
		m.tally.add(gone)
	}
	return err
}

func (m *member) join(ctx context.Context, s *seat) error {
	if err := m.say(ctx, s.ask(m.id())); err != nil || !m.watches || s.channel != m.room {
		return err
	}
	return m.say(ctx, &codec.Packet{Kind: codec.KindCall, ID: m.id(), Channel: m.room, Event: "hawser:presence"})
}

// hear takes what comes, until the context until ends.
func (m *member) hear(ctx, until context.Context) error {
	for until.Err() == nil {
		p, err := m.client.Next(until)
		if err != nil {
			continue // nothing has come
		}
		if err := m.take(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// stir takes what comes until it is time to do something, and does it. It reports whether the session goes on.
func (m *member) stir(ctx, phase context.Context) (again bool, err error) {
	next := m.nextAct
	if m.publish > 0 && m.nextSaid.Before(next) {
		next = m.nextSaid
	}
	until, cancel := context.WithDeadline(phase, next)
	err = m.hear(ctx, until)
	cancel()
	switch {
	case err != nil || phase.Err() != nil:
		return err == nil, err
	case next.Equal(m.nextAct):
		return m.act(ctx)
	}
	m.nextSaid = time.Now().Add(m.publish)
	p := codec.Packet{Kind: codec.KindPublish, ID: m.id(), Channel: m.room, Event: "said", Data: m.client.Payload(text)}
	return true, m.say(ctx, &p)
}

// touch is how long a member that rests listens before it makes sure once more that it is connected.
const touch = 8 * time.Second

// rest is there until the phase ends, and does nothing. It makes sure that it is connected, and acknowledges what has come.
func (m *member) rest(ctx, phase context.Context) error {
	for range 2 {
		if err := m.touch(ctx); err != nil {
			return err
		}
		until, cancel := context.WithTimeout(phase, touch)
		err := m.hear(ctx, until)
		cancel()
		if err != nil {
			return err
		}
	}
	return m.hear(ctx, phase)
}

func (m *member) touch(ctx context.Context) error {
	if m.client.Ack() == nil {
		return nil
	}
	return m.reconnect(ctx)
}

const text = "What is said in a chat room is about as long as this, or somewhat shorter."

var errEnded = errors.New("the server ended the session")

// take takes a packet.
func (m *member) take(ctx context.Context, p *codec.Packet) error {
	switch p.Kind {
	case codec.KindMessage:
		m.tally.add(received)
		if s := m.seats[p.Channel]; s != nil {
			if err := s.message(p.Offset); err != nil {
				m.tally.wrong(err)
				s.offset = p.Offset
			}
		}
	case codec.KindReset:
		m.tally.add(told)
		if s := m.seats[p.Channel]; s != nil {
			return m.join(ctx, s)
		}
	case codec.KindReply:
		m.answered(p)
	case codec.KindError:
		m.tally.wrong(fmt.Errorf("%s: %s", p.Code, p.Message))
	case codec.KindEnd:
		m.tally.wrong(fmt.Errorf("ended with %s: %s", p.Code, p.Message))
		return errEnded
	}
	return nil
}

// answered takes the answer to a join, if it is one.
func (m *member) answered(p *codec.Packet) {
	for _, s := range m.seats {
		if s.join != p.ID {
			continue
		}
		var at place
		err := codec.Decode(m.client.Codec, p.Data, &at)
		if err == nil {
			var lost bool
			lost, err = s.admitted(at)
			switch {
			case lost:
				m.tally.add(told)
			case at.Recovered != nil:
				m.tally.add(recovered)
			}
		}
		if err != nil {
			m.tally.wrong(err)
		}
	}
}
