package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hawser-go/hawser/broker"
)

// nodes are the broker.Nodes of a Broker.
type nodes struct {
	nodesMu sync.Mutex // guards what follows
	serving map[string]*service
	gone    bool
}

// A service is one node that answers.
type service struct {
	answer func(ctx context.Context, question []byte) ([]byte, error)
}

// Serve implements broker.Nodes. A name that is served already is an error.
func (b *nodes) Serve(
	ctx context.Context, node string, answer func(ctx context.Context, question []byte) ([]byte, error),
) (stop func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.nodesMu.Lock()
	defer b.nodesMu.Unlock()
	switch {
	case b.gone:
		return nil, broker.ErrClosed
	case b.serving[node] != nil:
		return nil, fmt.Errorf("broker: the node %q is served already", node)
	case b.serving == nil:
		b.serving = map[string]*service{}
	}
	s := &service{answer}
	b.serving[node] = s
	return func() { b.end(node, s) }, nil
}

func (b *nodes) end(node string, s *service) {
	b.nodesMu.Lock()
	defer b.nodesMu.Unlock()
	if b.serving[node] == s {
		delete(b.serving, node)
	}
}

// Ask implements broker.Nodes.
func (b *nodes) Ask(ctx context.Context, node string, question []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.nodesMu.Lock()
	s, gone := b.serving[node], b.gone
	b.nodesMu.Unlock()
	switch {
	case gone:
		return nil, broker.ErrClosed
	case s == nil:
		return nil, fmt.Errorf("%w: %q", broker.ErrNoNode, node)
	}
	type answered struct {
		answer []byte
		err    error
	}
	done := make(chan answered, 1) // whoever asked may be gone
	go func() {
		answer, err := s.answer(ctx, question)
		if err != nil { // between nodes, only its text travels
			answer, err = nil, errors.New(err.Error())
		}
		done <- answered{answer, err}
	}()
	select {
	case a := <-done:
		return a.answer, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (b *nodes) close() {
	b.nodesMu.Lock()
	defer b.nodesMu.Unlock()
	b.gone = true
	b.serving = nil
}
