//go:build unix

package socket

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/hawser-go/hawser/transport/internal/buffer"
)

// rawConn returns what a connection can be read and written by when it is ready, and nil where that is more than a system call (TLS).
func rawConn(c net.Conn) syscall.RawConn {
	switch c := c.(type) {
	case *net.TCPConn:
		return orNil(c.SyscallConn())
	case *net.UnixConn:
		return orNil(c.SyscallConn())
	default:
		return nil
	}
}

func orNil(raw syscall.RawConn, err error) syscall.RawConn {
	if err != nil {
		return nil
	}
	return raw
}

// A readable source reads into a buffer that it borrows when there is something to read: an idle connection holds none.
type readable struct {
	raw syscall.RawConn
	try func(fd uintptr) (done bool) // tryRead, made once

	lent   *[]byte // nil while nothing is there
	n      int
	err    error // of the system call
	failed error // of the waiting
	waited bool  // what has come is for the next Read
}

func newReadable(raw syscall.RawConn) Source {
	r := &readable{raw: raw}
	r.try = r.tryRead
	return r
}

func (r *readable) Wait() {
	r.failed = r.raw.Read(r.try)
	r.waited = true
}

func (r *readable) Read() ([]byte, error) {
	if !r.waited {
		r.Wait()
	}
	r.waited = false
	switch {
	case r.failed != nil:
		r.release()
		return nil, r.failed
	case r.err != nil || r.n == 0:
		r.release()
		return nil, endOr(r.err)
	}
	return (*r.lent)[:r.n], nil
}

// tryRead reads once. It reports false where it must be called again when the connection is readable.
func (r *readable) tryRead(fd uintptr) (done bool) {
	if r.lent == nil {
		r.lent = buffer.Get()
	}
	for {
		r.n, r.err = syscall.Read(int(fd), (*r.lent)[:cap(*r.lent)])
		if r.err != syscall.EINTR { //nolint:errorlint // a system call returns it as it is
			break
		}
	}
	if r.err != syscall.EAGAIN { //nolint:errorlint // the same
		return true
	}
	r.release()
	return false
}

func (r *readable) release() {
	if r.lent != nil {
		buffer.Put(r.lent)
		r.lent = nil
	}
}

func endOr(err error) error {
	if err == nil {
		return io.EOF
	}
	return os.NewSyscallError("read", err)
}

// An attempt is one write that does not wait.
type attempt struct {
	try func(fd uintptr) (done bool) // tryWrite, made once

	b   []byte
	n   int
	err error
}

var attempts = sync.Pool{New: func() any {
	a := &attempt{}
	a.try = a.tryWrite
	return a
}}

// tryWrite writes what the connection takes of b at once.
func tryWrite(raw syscall.RawConn, b []byte) (n int, err error) {
	a := attempts.Get().(*attempt)
	defer attempts.Put(a)
	a.b, a.n, a.err = b, 0, nil
	err = raw.Write(a.try)
	a.b = nil
	if err == nil {
		err = a.err
	}
	return a.n, err
}

func (a *attempt) tryWrite(fd uintptr) (done bool) {
	for {
		n, err := syscall.Write(int(fd), a.b)
		switch err {
		case nil:
			a.n = n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
		default:
			a.err = os.NewSyscallError("write", err)
		}
		return true
	}
}
