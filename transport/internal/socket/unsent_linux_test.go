package socket

import (
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKernelKeepsLittleThatIsNotSent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	New(conn, time.Second)

	raw, err := conn.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	var set int
	require.NoError(t, raw.Control(func(fd uintptr) { set, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotsentLowat) }))
	require.NoError(t, err)
	assert.Equal(t, maxUnsent, set)
}
