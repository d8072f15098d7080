//go:build linux

package websocket_test

import (
	"net"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/transport/transporttest"
)

// BenchmarkIdle is the memory of a connection that has said hello and then nothing more: what Go's heap and stacks hold of it, without the
// session above. The clients are bare file descriptors, so that they count for nothing.
func BenchmarkIdle(b *testing.B) {
	const n = 5000
	for b.Loop() {
		host := &queues{Host: transporttest.NewHost(), opened: make(chan *queue, n)}
		s := serve(b, host)
		before := held()
		var clients []int
		for range n {
			clients = append(clients, dialBare(b, s.Listener.Addr().(*net.TCPAddr)))
		}
		wires := make([]*queue, n)
		for i := range wires {
			wires[i] = <-host.opened
		}
		for _, wire := range wires {
			<-wire.received
		}
		b.ReportMetric(float64(held()-before)/n/1024, "KiB/conn")
		for _, client := range clients {
			require.NoError(b, syscall.Close(client))
		}
		for _, wire := range wires {
			<-wire.detached
		}
	}
}

// held is what the heap and the stacks hold once everything has settled: stacks shrink by half a collection.
func held() uint64 {
	for range 6 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// dialBare opens a WebSocket and says hello, on a file descriptor.
func dialBare(b *testing.B, to *net.TCPAddr) int {
	b.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(b, err)
	require.NoError(b, syscall.Connect(fd, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}))
	_, err = syscall.Write(fd, []byte(handshake))
	require.NoError(b, err)
	response := make([]byte, 1024)
	_, err = syscall.Read(fd, response)
	require.NoError(b, err)
	require.Contains(b, string(response), "101 Switching Protocols")
	_, err = syscall.Write(fd, event(200))
	require.NoError(b, err)
	return fd
}
