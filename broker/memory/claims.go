package memory

import (
	"context"
	"sync"
	"time"

	"github.com/hawser-go/hawser/broker"
)

// claims are the broker.Claims of a Broker.
type claims struct {
	claimsMu sync.Mutex // guards what follows
	claimed  map[string]*claim
	lapse    schedule[*claim]
	ended    bool
}

type claim struct {
	key, holder string
	due         due[*claim]
}

// Claim implements broker.Claims.
func (b *claims) Claim(ctx context.Context, key, holder string, ttl time.Duration) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	b.claimsMu.Lock()
	defer b.claimsMu.Unlock()
	if b.ended {
		return "", broker.ErrClosed
	}
	c, claimed := b.claimed[key]
	if claimed && c.holder != holder {
		return c.holder, nil
	}
	if !claimed {
		c = &claim{key: key, holder: holder}
		c.due.what = c
		if b.claimed == nil {
			b.claimed = map[string]*claim{}
			b.lapse.fire = b.expire
		}
		b.claimed[key] = c
	}
	b.lapse.setLocked(&c.due, time.Now().Add(ttl), claimed)
	return holder, nil
}

// Unclaim implements broker.Claims.
func (b *claims) Unclaim(ctx context.Context, key, holder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.claimsMu.Lock()
	defer b.claimsMu.Unlock()
	if b.ended {
		return broker.ErrClosed
	}
	if c := b.claimed[key]; c != nil && c.holder == holder {
		b.lapse.dropLocked(&c.due)
		delete(b.claimed, key)
	}
	return nil
}

func (b *claims) expire() {
	b.claimsMu.Lock()
	defer b.claimsMu.Unlock()
	b.lapse.expireLocked(func(c *claim) { delete(b.claimed, c.key) })
}

func (b *claims) close() {
	b.claimsMu.Lock()
	defer b.claimsMu.Unlock()
	b.ended = true
	b.claimed = nil
	b.lapse.clearLocked()
}
