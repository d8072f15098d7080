// Package memory is the broker of one node: what nodes would share is kept in memory. Several servers of one process may share one, and are then as
// many nodes.
package memory

import "github.com/hawser-go/hawser/broker"

// Options are the bounds of a Broker. Zero values mean the defaults.
type Options struct {
	// IdleChannels is how many channels that nobody subscribes to keep their position and what is kept of their messages; beyond that the longest unused
	// are forgotten, and when they are next used they begin a new epoch. Default 16,384. The bound is kept for each of 64 shards: it
	// is rounded up to a multiple of 64, and names that hash unevenly are forgotten somewhat sooner.
	IdleChannels int
}

// DefaultIdleChannels is the default of Options.IdleChannels.
const DefaultIdleChannels = 16384

// A Broker is a broker.Broker of one process. It starts no goroutine for a channel.
type Broker struct {
	log
	leases
	claims
	nodes
}

var _ broker.Broker = (*Broker)(nil)

// New returns a Broker that holds nothing.
func New(o Options) *Broker {
	b := &Broker{}
	b.log.init(o)
	return b
}

// Close implements broker.Broker.
func (b *Broker) Close() error {
	b.log.close()
	b.leases.close()
	b.claims.close()
	b.nodes.close()
	return nil
}
