package memory

// nodes are the broker.Nodes of a Broker.
type nodes struct{}
