package channel

import "github.com/hawser-go/hawser/broker"

// A Position is a place in the publications of a channel.
type Position = broker.Position
