package load

import (
	"bytes"
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
	race   *dialect.Race // by which it connects, or nil
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
	if m.race != nil {
		err = m.join(conn, address)
	} else {
		m.rest, err = greet(conn, m.client, m.client.Joined)
	}
	if err != nil {
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

// join joins on a stream of its own, moves the session to conn, and closes the stream.
func (m *member) join(conn net.Conn, address string) error {
	stream, err := dial(address)
	if err != nil {
		return err
	}
	defer stream.Close()
	if _, err := greet(stream, m.race.Stream(), m.race.Stream().Joined); err != nil {
		return err
	}
	rest, err := greet(conn, m.client, m.race.Welcomed)
	if err != nil {
		return err
	}
	if _, err := conn.Write(m.race.Move()); err != nil {
		return err
	}
	m.rest, err = converse(conn, m.client, rest, m.race.Moved)
	return err
}

// greet says hello, and goes on until done. It returns what came and was not used.
func greet(conn net.Conn, client dialect.Client, done func() bool) ([]byte, error) {
	if _, err := conn.Write(client.Hello()); err != nil {
		return nil, err
	}
	return converse(conn, client, nil, done)
}

// converse gives the client what comes, and writes what it says to that, until done.
func converse(conn net.Conn, client dialect.Client, rest []byte, done func() bool) ([]byte, error) {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	var batch dialect.Batch
	in := append(make([]byte, 0, 2<<10), rest...)
	for !done() {
		n, err := conn.Read(in[len(in):cap(in)])
		if err != nil {
			return nil, fmt.Errorf("before it had joined: %w", err)
		}
		in = in[:len(in)+n]
		used, err := client.Feed(in, &batch)
		if err != nil {
			return nil, err
		}
		in = in[:copy(in, in[used:])]
		if len(in) == cap(in) {
			return nil, errors.New("an answer that is too long")
		}
		if len(batch.Out) > 0 {
			if _, err := conn.Write(batch.Out); err != nil {
				return nil, err
			}
		}
		if len(batch.Seqs) > 0 {
			return nil, errors.New("a message before anything was published")
		}
		batch.Reset()
	}
	return bytes.Clone(in), conn.SetDeadline(time.Time{})
}

// newMember returns a member of a room that speaks a dialect.
func newMember(name string, r *room) (*member, error) {
	m := &member{room: r, want: payload.First, sent: payload.First}
	if name == "hawser-race" {
		m.race = dialect.NewRace(r.number)
		m.client = m.race.Socket()
		return m, nil
	}
	var err error
	m.client, err = dialect.New(name, r.number)
	return m, err
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
