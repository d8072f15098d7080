package brokertest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/broker"
)

// Nodes is the contract of broker.Nodes as tests.
func Nodes(t *testing.T, s Setup) {
	s.run(t, "Ask", testAsk)
	s.run(t, "NobodyThere", testNobodyThere)
	s.run(t, "AtTheSameTime", testQuestionsAtTheSameTime)
	s.run(t, "Impatient", testImpatient)
}

func echo(_ context.Context, question []byte) ([]byte, error) {
	if len(question) == 0 {
		return nil, errors.New("an empty question")
	}
	return append([]byte("re: "), question...), nil
}

func serve(t *testing.T, b broker.Nodes, node string, answer func(context.Context, []byte) ([]byte, error)) (stop func()) {
	t.Helper()
	stop, err := b.Serve(t.Context(), node, answer)
	require.NoError(t, err)
	return stop
}

func testAsk(t *testing.T, _ Setup, a, b broker.Broker) {
	defer serve(t, a, unique(t, "x"), echo)()
	defer serve(t, b, unique(t, "y"), echo)()
	for _, from := range []broker.Broker{a, b} {
		for _, to := range []string{"x", "y"} {
			answer, err := from.Ask(t.Context(), unique(t, to), []byte("hello\x00\xff"))
			require.NoError(t, err)
			assert.Equal(t, "re: hello\x00\xff", string(answer))
			_, err = from.Ask(t.Context(), unique(t, to), nil)
			assert.ErrorContains(t, err, "an empty question")
		}
	}
}

func testNobodyThere(t *testing.T, _ Setup, a, b broker.Broker) {
	name := unique(t, "x")
	_, err := b.Ask(t.Context(), name, []byte("?"))
	require.ErrorIs(t, err, broker.ErrNoNode)
	stop := serve(t, a, name, echo)
	_, err = b.Ask(t.Context(), name, []byte("?"))
	require.NoError(t, err)
	stop()
	_, err = b.Ask(t.Context(), name, []byte("?"))
	require.ErrorIs(t, err, broker.ErrNoNode)
	defer serve(t, a, name, echo)()
	_, err = b.Ask(t.Context(), name, []byte("?"))
	require.NoError(t, err, "the name can be served again")
}

func testQuestionsAtTheSameTime(t *testing.T, _ Setup, a, b broker.Broker) {
	const n = 8
	met := make(chan struct{}, n)
	all := make(chan struct{})
	defer serve(t, a, unique(t, "x"), func(ctx context.Context, question []byte) ([]byte, error) {
		if met <- struct{}{}; len(met) == n {
			close(all)
		}
		select {
		case <-all: // each waits for the others
			return question, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})()
	errs := make(chan error, n)
	for i := range n {
		go func() {
			question := strconv.Itoa(i)
			answer, err := b.Ask(t.Context(), unique(t, "x"), []byte(question))
			if err == nil && string(answer) != question {
				err = fmt.Errorf("the answer to %s is %s", question, answer)
			}
			errs <- err
		}()
	}
	for range n {
		require.NoError(t, next(t, errs))
	}
}

func testImpatient(t *testing.T, _ Setup, a, b broker.Broker) {
	asked := make(chan struct{})
	defer serve(t, a, unique(t, "x"), func(ctx context.Context, _ []byte) ([]byte, error) {
		close(asked)
		<-ctx.Done()
		return nil, ctx.Err()
	})()
	ctx, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 1)
	go func() {
		_, err := b.Ask(ctx, unique(t, "x"), []byte("?"))
		errs <- err
	}()
	next(t, asked)
	cancel()
	require.ErrorIs(t, next(t, errs), context.Canceled)
}
