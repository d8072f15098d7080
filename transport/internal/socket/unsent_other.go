//go:build !linux

package socket

import "syscall"

// boundUnsent does nothing where the kernel has no bound, or another one.
func boundUnsent(syscall.RawConn) {}
