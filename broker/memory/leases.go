package memory

// leases are the broker.Leases of a Broker.
type leases struct{}
