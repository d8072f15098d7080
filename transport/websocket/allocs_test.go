//go:build !race

package websocket_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDeliveriesAllocateNothing holds what a delivery allocates from the wake to the system call, whoever makes them.
func TestDeliveriesAllocateNothing(t *testing.T) {
	for _, c := range []struct{ size, together int }{{10, 1}, {128, 1}, {128, 16}, {10 << 10, 1}} {
		t.Run(fmt.Sprintf("%dx%d", c.together, c.size), func(t *testing.T) {
			wires, clients := lines(t, 1, c.size)
			header := 2
			if c.size > 125 {
				header = 4
			}
			received := make([]byte, c.together*(header+c.size))
			assert.Zero(t, testing.AllocsPerRun(1000, func() {
				wires[0].send(c.together)
				if _, err := io.ReadFull(clients[0], received); err != nil {
					t.Fatal(err)
				}
			}))
		})
	}
}

// TestMessagesThatComeUpTogetherAreOneAllocation holds what stands behind them to nothing: the messages belong to the wire.
func TestMessagesThatComeUpTogetherAreOneAllocation(t *testing.T) {
	for _, together := range []int{1, 16} {
		t.Run(fmt.Sprint(together), func(t *testing.T) {
			wires, clients := lines(t, 1, 1)
			calls := bytes.Repeat(event(200), together)
			answer := make([]byte, 3)
			assert.InDelta(t, 1, testing.AllocsPerRun(1000, func() {
				wires[0].waits <- 1 // found when all that came was handed on
				_, err := clients[0].Write(calls)
				require.NoError(t, err)
				if _, err := io.ReadFull(clients[0], answer); err != nil {
					t.Fatal(err)
				}
			}), 0)
		})
	}
}
