package hawser

import (
	"time"

	"github.com/hawser-go/hawser/channel"
	"github.com/hawser-go/hawser/codec"
)

// A DeliveryOption is a part of a channel's policy: see Channel.Deliver.
type DeliveryOption func(*delivery)

// A delivery is the policy of a pattern.
type delivery struct {
	policy channel.Policy
	key    func(event string, data any) string // nil: none
}

// Reliable is the default: every member gets every publication. What a member has not read yet is kept for it, within Options.Outgoing. Past that, the
// channel that has most waiting loses it for this member, who is told by a reset and joins again, with what it missed if the channel has a History. Its
// session, its calls and its other channels go on.
func Reliable() DeliveryOption {
	return func(d *delivery) { *d = delivery{policy: channel.Policy{Every: d.policy.Every}} }
}

// LatestBy keeps, of the publications with the same key that wait for a slow member, only the latest: a price, a position, a state that replaces the one
// before. A member that keeps up gets them all. What it gets is in order; offsets that it does not see are no loss. All events of a channel share its
// keys: put the event's name into the key where one event must not replace another. A publication with the key "" is not replaced. A key has at most 255 bytes;
// a longer one fails the publication.
//
// key is called once for each publication, by the goroutine that publishes, with the data that it publishes. When a client publishes, data is what its payload
// decodes to without a Go type (a map[string]any, …). key must not panic.
//
// A member that comes back gets what History has. Where that is much more than there are keys, keep no history, and let OnSnapshot give the latest of each key.
func LatestBy(key func(event string, data any) string) DeliveryOption {
	return func(d *delivery) { d.policy.Loss, d.key = channel.Reset, key }
}

// Volatile keeps nothing for a slow member: a publication is written if the member's connection takes it now, and otherwise it does not get it, and is not
// told. A member without a connection gets none. There is nothing to recover: who comes back after something was published is told `recovered: false`, or
// gets the snapshot. For what is worthless a moment later: cursors, levels, frames.
func Volatile() DeliveryOption { return func(d *delivery) { d.policy.Loss = channel.Drop } }

// FlushEvery gathers what is published to a channel, and hands it on together, d after the first of it: fewer and bigger writes, for up to d of delay. With
// LatestBy only the latest of each key is handed on. Up to 1,024 publications and 1 MiB are gathered; more are handed on at once. Publish does not wait for
// it. 0 gathers none, which is the default.
func FlushEvery(d time.Duration) DeliveryOption {
	return func(p *delivery) { p.policy.Every = max(d, 0) }
}

// Deliver says how publications reach the members of the pattern's channels, above all those who cannot keep up: Reliable (the default), LatestBy or
// Volatile, and FlushEvery with any of them. Whatever it is, publishers and other members never wait. Call it before the first join: a channel that has
// members goes on as it began until the last has left, but for LatestBy's key.
func (ch *Channel) Deliver(options ...DeliveryOption) {
	var d delivery
	for _, o := range options {
		o(&d)
	}
	ch.delivery.Store(&d)
}

// policyOf returns the policy of a channel.
func (s *Server) policyOf(name string) channel.Policy {
	if ch, ok := s.table.Find(name); ok {
		if d := ch.delivery.Load(); d != nil {
			return d.policy
		}
	}
	return channel.Policy{}
}

// keyOf returns what a publication is conflated by.
func (ch *Channel) keyOf(event string, data any) string {
	if d := ch.delivery.Load(); d != nil && d.key != nil {
		return d.key(event, data)
	}
	return ""
}

// keyOfEncoded is keyOf for what a client publishes.
func (s *clientSession) keyOfEncoded(c *Context, ch *Channel) (key string, err error) {
	d := ch.delivery.Load()
	if d == nil || d.key == nil {
		return "", nil
	}
	err = s.guard(c, func() error {
		var data any
		if !c.data.Absent() {
			if err := codec.Decode(s.line.Codec(), c.data, &data); err != nil {
				return Errorf(CodeBadRequest, "%w", err)
			}
		}
		key = d.key(c.event, data)
		return nil
	})
	return key, err
}
