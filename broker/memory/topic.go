package memory

import (
	"cmp"
	"container/list"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// A topic is the log of one channel.
type topic struct {
	name string

	mu sync.Mutex // may be held while the shard's is taken, never the other way round
	// at is the position of the last message. Without an epoch the topic was forgotten: look it up again.
	at          broker.Position
	kept        []broker.Entry // in the order of their offsets, without a hole, up to at
	age         time.Duration  // how long entries are kept; 0: without a bound
	last        broker.Entry   // lent to subscribers
	subscribers []*subscriber

	idle *list.Element // in the shard's idle list while there are no subscribers; guarded by the shard's mutex
}

type subscriber struct {
	receive func(epoch string, e *broker.Entry)
}

func newTopic(name string) *topic {
	// 60 bits, so that a channel that was forgotten does not come back under an old epoch.
	return &topic{name: name, at: broker.Position{Epoch: rand.Text()[:12]}}
}

// appendLocked numbers m, keeps it, and hands it to the subscribers.
func (t *topic) appendLocked(m broker.Message, keep broker.Retention, now time.Time) broker.Position {
	t.at.Offset++
	t.last = broker.Entry{Offset: t.at.Offset, At: now, Message: m}
	t.keepLocked(keep, now)
	for _, s := range t.subscribers {
		s.receive(t.at.Epoch, &t.last)
	}
	t.last = broker.Entry{}
	return t.at
}

func (t *topic) keepLocked(keep broker.Retention, now time.Time) {
	if keep.Size <= 0 {
		t.kept = nil // what there is has a hole now
		return
	}
	t.age = keep.Age
	t.dropLocked(len(t.kept) + 1 - keep.Size)
	t.kept = append(t.kept, t.last)
	t.expireLocked(now)
}

// dropLocked drops the n oldest entries.
func (t *topic) dropLocked(n int) {
	switch {
	case n <= 0:
	case n >= len(t.kept):
		t.kept = nil
	default:
		clear(t.kept[:n])
		t.kept = t.kept[n:]
	}
}

func (t *topic) expireLocked(now time.Time) {
	if t.age <= 0 {
		return
	}
	n := 0
	for n < len(t.kept) && now.Sub(t.kept[n].At) >= t.age {
		n++
	}
	t.dropLocked(n)
}

func (t *topic) nextExpiryLocked() time.Time {
	if t.age <= 0 || len(t.kept) == 0 {
		return time.Time{}
	}
	return t.kept[0].At.Add(t.age)
}

func (t *topic) readLocked(q broker.Query) (broker.Page, error) {
	if q.After != (broker.Position{}) {
		return t.afterLocked(q.After, q.Limit)
	}
	if q.Epoch != "" && q.Epoch != t.at.Epoch {
		given := broker.Position{Epoch: q.Epoch, Offset: q.Before}
		return broker.Page{}, &broker.PositionError{Reason: broker.OtherEpoch, Given: given, At: t.at}
	}
	page := broker.Page{At: t.at}
	found := t.kept
	if q.Before > 0 {
		end, _ := slices.BinarySearchFunc(found, q.Before, byOffset)
		found = found[:end]
	}
	if q.Limit > 0 && len(found) > q.Limit {
		page.More = true
		found = found[len(found)-q.Limit:]
	}
	page.Entries = slices.Clone(found)
	return page, nil
}

func (t *topic) afterLocked(after broker.Position, limit int) (broker.Page, error) {
	refused := &broker.PositionError{Given: after, At: t.at}
	switch {
	case after.Epoch != t.at.Epoch:
		refused.Reason = broker.OtherEpoch
	case after.Offset > t.at.Offset:
		refused.Reason = broker.Future
	case t.at.Offset-after.Offset > uint64(len(t.kept)):
		refused.Reason = broker.Trimmed
	default:
		page := broker.Page{At: t.at}
		found := t.kept[len(t.kept)-int(t.at.Offset-after.Offset):]
		if limit > 0 && len(found) > limit {
			page.More = true
			found = found[:limit]
		}
		page.Entries = slices.Clone(found)
		return page, nil
	}
	return broker.Page{}, refused
}

func byOffset(e broker.Entry, offset uint64) int { return cmp.Compare(e.Offset, offset) }
