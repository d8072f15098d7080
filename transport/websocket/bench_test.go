package websocket_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkFanOut is a frame's way to each of n clients over loopback: the wakes, the writes, and clients that do nothing but read.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		for _, together := range []int{1, 16} {
			b.Run(fmt.Sprintf("clients=%d/together=%d", n, together), func(b *testing.B) {
				const size = 128
				wires, clients := lines(b, n, size)
				var received sync.WaitGroup
				for _, client := range clients {
					go count(client, together*(4+size), &received)
				}
				b.ReportAllocs()
				for b.Loop() {
					received.Add(n)
					for _, wire := range wires {
						wire.send(together)
					}
					received.Wait()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*together), "ns/delivery")
			})
		}
	}
}

// count notes each time that so many bytes have come, until the connection ends.
func count(client net.Conn, size int, received *sync.WaitGroup) {
	buf := make([]byte, size)
	for {
		if _, err := io.ReadFull(client, buf); err != nil {
			return
		}
		received.Done()
	}
}

// BenchmarkEcho is what so many frames cost that come up together, and the one that answers them.
func BenchmarkEcho(b *testing.B) {
	for _, together := range []int{1, 16} {
		b.Run(fmt.Sprintf("together=%d", together), func(b *testing.B) {
			wires, clients := lines(b, 1, 1)
			calls := bytes.Repeat(event(128), together)
			answer := make([]byte, 3)
			b.ReportAllocs()
			for b.Loop() {
				wires[0].waits <- 1 // found when all that came was handed on
				_, err := clients[0].Write(calls)
				require.NoError(b, err)
				if _, err := io.ReadFull(clients[0], answer); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*together), "ns/frame")
		})
	}
}
