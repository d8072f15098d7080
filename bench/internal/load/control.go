package load

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"sync"

	"github.com/hawser-go/hawser/bench/internal/control"
)

// A Control is a connection to a server's control. Its methods may be called at the same time.
type Control struct {
	mu   sync.Mutex
	conn net.Conn
	in   *bufio.Reader
}

// DialControl connects.
func DialControl(address string) (*Control, error) {
	conn, err := dial(address)
	if err != nil {
		return nil, err
	}
	return &Control{conn: conn, in: bufio.NewReader(conn)}, nil
}

func (c *Control) say(format string, words ...any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := fmt.Fprintf(c.conn, format, words...)
	return err
}

// Ask says a command that is answered by a Usage.
func (c *Control) Ask(command string) (u control.Usage, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := fmt.Fprintln(c.conn, command); err != nil {
		return u, err
	}
	line, err := c.in.ReadBytes('\n')
	if err != nil {
		return u, err
	}
	err = json.Unmarshal(line, &u)
	return u, err
}
