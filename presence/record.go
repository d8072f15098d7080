package presence

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// Leases of presence and of states are in groups of their own.
func presenceGroup(channel string) string { return "presence/" + channel }
func stateGroup(channel string) string    { return "state/" + channel }

// A presenceRecord is the value of a presence lease, whose key is the session.
type presenceRecord struct {
	User string           `json:"user,omitempty"`
	Data []broker.Payload `json:"data,omitempty"`
}

// A stateRecord is the value of a state lease. Its time is in it so that setting a state again is a change, and is told.
type stateRecord struct {
	Until int64            `json:"until"` // Unix ms, by the owner's clock
	TTL   int64            `json:"ttl"`   // ms
	Data  []broker.Payload `json:"data"`
}

func encode(record any) []byte {
	raw, err := json.Marshal(record)
	if err != nil {
		panic(err) // strings, bytes and numbers: it cannot be
	}
	return raw
}

func decodePresence(l broker.Lease) (Presence, error) {
	var r presenceRecord
	if err := json.Unmarshal(l.Value, &r); err != nil {
		return Presence{}, err
	}
	return Presence{Session: l.Key, User: r.User, Data: r.Data}, nil
}

// stateLeaseKey names a session's state. No session's id has a NUL.
func stateLeaseKey(session, key string) string { return session + "\x00" + key }

// decodeState returns a state, and when it ends by our clock: if clocks differ, not later than the time that it was set for.
func decodeState(l broker.Lease, now time.Time) (State, time.Time, error) {
	var r stateRecord
	if err := json.Unmarshal(l.Value, &r); err != nil {
		return State{}, time.Time{}, err
	}
	session, key, _ := strings.Cut(l.Key, "\x00")
	ttl := min(max(time.Duration(r.TTL)*time.Millisecond, 0), MaxStateTTL)
	left := min(max(time.UnixMilli(r.Until).Sub(now), 0), ttl)
	return State{Session: session, Key: key, Data: r.Data, TTL: left}, now.Add(left), nil
}

// size returns how many bytes data has at most, in any codec.
func size(data []broker.Payload) int {
	n := 0
	for _, p := range data {
		n = max(n, len(p.Data))
	}
	return n
}
