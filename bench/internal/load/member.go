package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/hawser-go/hawser/bench/internal/dialect"
	"github.com/hawser-go/hawser/bench/internal/payload"
)

// A member is one client and its connection.
type member struct {
	client dialect.Client
	room   *room
	thread *thread

	fd     int      // without TLS
	secure net.Conn // with it
	rest   []byte   // what has come and is no whole frame yet

	want    uint32 // the number of the next message
	sent    uint32 // calls
	posting bool   // an uplink request is on its way
}

const patience = 20 * time.Second

func dial(address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: patience}).DialContext(context.Background(), "tcp", address)
}

// open connects, and says hello until the client has joined.
func (m *member) open(address string, secure bool) error {
	raw, err := dial(address)
	if err != nil {
		return err
	}
	conn := raw
	if secure {
		//nolint:gosec // the server made its certificate just now
		conn = tls.Client(raw, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
	}
	if err := m.join(conn); err != nil {
		_ = raw.Close()
		return err
	}
	if secure {
		m.secure = conn
		return nil
	}
	m.fd, err = detach(raw)
	return err
}

func (m *member) join(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := conn.Write(m.client.Hello()); err != nil {
		return err
	}
	var batch dialect.Batch
	in := make([]byte, 0, 2<<10)
	for !m.client.Joined() {
		n, err := conn.Read(in[len(in):cap(in)])
		if err != nil {
			return fmt.Errorf("before it had joined: %w", err)
		}
		in = in[:len(in)+n]
		used, err := m.client.Feed(in, &batch)
		if err != nil {
			return err
		}
		in = in[:copy(in, in[used:])]
		if len(in) == cap(in) {
			return errors.New("an answer that is too long")
		}
		if len(batch.Out) > 0 {
			if _, err := conn.Write(batch.Out); err != nil {
				return err
			}
		}
		if len(batch.Seqs) > 0 {
			return errors.New("a message before anything was published")
		}
		batch.Reset()
	}
	m.rest = append([]byte(nil), in...)
	return conn.SetDeadline(time.Time{})
}

// detach takes a connection out of Go's hands.
func detach(conn net.Conn) (fd int, err error) {
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		return 0, err
	}
	defer file.Close()
	fd, err = syscall.Dup(int(file.Fd()))
	if err != nil {
		return 0, err
	}
	_ = conn.Close()
	return fd, syscall.SetNonblock(fd, true)
}

// write writes. What does not fit the socket's buffer is an error: no client here says that much.
func (m *member) write(out []byte) error {
	if m.secure != nil {
		_, err := m.secure.Write(out)
		return err
	}
	n, err := syscall.Write(m.fd, out)
	if err == nil && n < len(out) {
		err = syscall.EAGAIN
	}
	return os.NewSyscallError("write", err)
}

func (m *member) close() error {
	if m.secure != nil {
		return m.secure.Close()
	}
	return syscall.Close(m.fd)
}

// check counts a message, which must be the next.
func (m *member) check(seq uint32) error {
	if seq != m.want {
		return fmt.Errorf("message %d came where %d was to come", int64(seq)-payload.First+1, int64(m.want)-payload.First+1)
	}
	m.want++
	return nil
}
