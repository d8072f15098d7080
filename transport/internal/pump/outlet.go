package pump

import "github.com/hawser-go/hawser/transport"

// An Outlet is the connection's writing half. The pump calls it from one goroutine at a time.
type Outlet interface {
	// AppendNext appends the wire's next frame to dst, as the connection carries it, and returns what Next says; nothing if nothing waits.
	AppendNext(dst []byte, w transport.Wire) ([]byte, error)
	// AppendLast appends what the connection says at its end, if it says anything. Last is why the wire is over.
	AppendLast(dst []byte, last error) []byte
	// Write writes b, which it may not keep, and waits for the peer as long as a write may take. With the last bytes, of which there may be
	// none, last says why the wire is over.
	Write(b []byte, last error) error
	// Ended is called at most once: after the last bytes, with their reason, or after a write that failed, with its error.
	// Nothing is written after it. It may not call Stop.
	Ended(cause error)
}

// A NonBlocking outlet can also write without waiting.
type NonBlocking interface {
	Outlet
	// TryWrite writes as much of b, which it may not keep, as the connection takes at once. Less than all of it is no error.
	TryWrite(b []byte) (n int, err error)
}
