//go:build !unix

package socket

import (
	"errors"
	"net"
	"syscall"
)

// rawConn returns nil: here connections are waited for.
func rawConn(net.Conn) syscall.RawConn { return nil }

func newReadable(syscall.RawConn) Source { return nil }

func tryWrite(syscall.RawConn, []byte) (int, error) { return 0, errors.ErrUnsupported }
