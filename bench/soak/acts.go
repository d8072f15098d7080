package main

import (
	"context"
	"errors"
	"time"

	"github.com/hawser-go/hawser/codec"
	"github.com/hawser-go/hawser/internal/wiretest"
)

// act lets something happen to the member, and reports whether its session goes on.
func (m *member) act(ctx context.Context) (again bool, err error) {
	m.nextAct = time.Now().Add(m.while(quiet))
	if err := m.typing(ctx); err != nil {
		return false, err
	}
	switch n := m.random.IntN(20); {
	case n < 6:
		return m.beCut(ctx)
	case n < 8:
		return m.vanish(ctx)
	case n < 13:
		m.reload()
		return false, nil
	case n < 16:
		return false, m.quit(ctx)
	}
	return true, m.move(ctx)
}

// typing shows the others of the room that the member types, and forgets what it was shown of them.
func (m *member) typing(ctx context.Context) error {
	over, cancel := context.WithCancel(ctx)
	cancel()
	for err := error(nil); err == nil; {
		_, err = m.client.Volatile(over)
	}
	state := m.client.Payload(map[string]any{"key": "typing", "value": true, "ttl": 4000})
	if m.client.Raw(&codec.Packet{Kind: codec.KindVolatile, Channel: m.room, Event: "hawser:state", Data: state}) == nil {
		return nil
	}
	return m.reconnect(ctx)
}

// beCut loses the connection, and finds another one after a while: sometimes too late for the session.
func (m *member) beCut(ctx context.Context) (again bool, err error) {
	m.tally.add(cut)
	m.client.Cut()
	away := 2 * time.Second
	if m.random.IntN(8) == 0 {
		away = 10 * time.Second
	}
	m.pause(ctx, m.while(away))
	return m.comeBack(ctx)
}

// vanish is beCut where the server is not told.
func (m *member) vanish(ctx context.Context) (again bool, err error) {
	m.tally.add(vanished)
	m.network.vanish(4 * time.Second)
	m.client.Cut()
	m.pause(ctx, m.while(time.Second))
	return m.comeBack(ctx)
}

func (m *member) comeBack(ctx context.Context) (again bool, err error) {
	switch err := m.reconnect(ctx); {
	case errors.Is(err, wiretest.ErrGone): // the session is over, and the next begins
		return false, nil
	case err != nil:
		return false, err
	}
	return true, nil
}

// reload begins another session, with the positions of the one before, which is told or expires.
func (m *member) reload() {
	m.tally.add(reloaded)
	if m.random.IntN(2) == 0 {
		_ = m.client.Raw(&codec.Packet{Kind: codec.KindClose, Code: "leaving"}) // a page that goes does not wait for an answer
	}
	m.client.Cut()
}

// quit ends the session, and comes back later as somebody who knows nothing.
func (m *member) quit(ctx context.Context) error {
	m.tally.add(quit)
	err := m.say(ctx, &codec.Packet{Kind: codec.KindEnd, Code: "closed"})
	m.client.Cut()
	m.seats = nil
	m.pause(ctx, m.while(5*time.Second))
	return err
}

// move leaves the table for another.
func (m *member) move(ctx context.Context) error {
	m.tally.add(moved)
	for name := range m.seats {
		if name == m.room {
			continue
		}
		delete(m.seats, name)
		if err := m.say(ctx, &codec.Packet{Kind: codec.KindLeave, ID: m.id(), Channel: name}); err != nil {
			return err
		}
	}
	s := &seat{channel: m.table()}
	m.seats[s.channel] = s
	if err := m.join(ctx, s); err != nil {
		return err
	}
	p := codec.Packet{Kind: codec.KindPublish, ID: m.id(), Channel: s.channel, Event: "said", Data: m.client.Payload(text)}
	return m.say(ctx, &p)
}
