package memory

// A log is the broker.Log of a Broker.
type log struct{}

func (l *log) init(Options) {}

func (l *log) close() {}
