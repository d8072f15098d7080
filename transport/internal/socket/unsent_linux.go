package socket

import "syscall"

const (
	tcpNotsentLowat = 25 // of linux/tcp.h: what syscall has no name for
	maxUnsent       = 128 << 10
)

// boundUnsent makes a TCP connection take no more than maxUnsent bytes that wait for the peer's window. By itself it would take megabytes for a slow
// reader, and what stands there is out of reach: a session keeps the latest price in its log, but not behind seconds of older ones. It costs a fast
// reader nothing: what is on its way does not count.
func boundUnsent(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) { // a connection that is not TCP has no such option
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotsentLowat, maxUnsent)
	})
}
