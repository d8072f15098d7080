package brokertest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
)

// A Setup is the broker under test.
type Setup struct {
	// Open returns two nodes of one broker. They may be the same value.
	Open func(t *testing.T) (a, b broker.Broker)
	// Run runs a test: synctest.Test, for a broker without input and output, so that time costs nothing. Nil runs it as it is.
	Run func(t *testing.T, test func(t *testing.T))
	// Shortest is the shortest time for which the broker can hold something. Default 2 s.
	Shortest time.Duration
}

// long is a time that no test lasts.
const long = time.Minute

func (s Setup) run(t *testing.T, name string, test func(t *testing.T, s Setup, a, b broker.Broker)) {
	t.Run(name, func(t *testing.T) {
		run := s.Run
		if run == nil {
			run = func(t *testing.T, test func(t *testing.T)) { test(t) }
		}
		run(t, func(t *testing.T) {
			a, b := s.Open(t)
			test(t, s, a, b)
		})
	})
}

func (s Setup) shortest() time.Duration {
	if s.Shortest > 0 {
		return s.Shortest
	}
	return 2 * time.Second
}

// unique makes a name of the test's own, for the broker may remember others.
func unique(t *testing.T, name string) string { return t.Name() + "/" + name }

// next waits for a value.
func next[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(long / 2):
		require.Fail(t, "it did not come")
	}
	return v
}
