package memory

// claims are the broker.Claims of a Broker.
type claims struct{}
