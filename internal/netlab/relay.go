package netlab

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
)

// upgrade passes a 101 on, and then relays frames both ways until one side ends.
func (c *connection) upgrade(
	response *http.Response, target net.Conn, fromTarget *bufio.Reader, gone <-chan error,
) error {
	c.lab.counts.add("upgrades", 1)
	c.carry(WebSockets)
	if err := response.Write(c.down); err != nil {
		return err
	}
	var relays sync.WaitGroup
	defer relays.Wait()
	relays.Go(func() {
		defer func() { _ = target.Close() }() // the client is gone
		if <-gone == nil {
			_ = c.relay(Up, c.in, target)
		}
	})
	_ = c.relay(Down, fromTarget, c.down)
	_ = target.Close()
	if !c.isHalf(HalfTarget) {
		_ = c.down.Close() // after which the lane down ends the connection, and with it the relay up
	}
	return errOver
}

// relay passes frames on as the faults have it, until either side ends.
func (c *connection) relay(d Direction, from *bufio.Reader, to io.Writer) error {
	var h frameHeader
	for n := 0; ; n++ {
		if err := h.read(from); err != nil {
			return err
		}
		v, err := c.judge(d, n)
		if err != nil {
			return err
		}
		out := to
		if v == drop {
			out = io.Discard
		}
		if _, err := out.Write(h.bytes()); err != nil {
			return err
		}
		if _, err := io.CopyN(out, from, h.payload); err != nil {
			return err
		}
	}
}

// judge asks the faults about a frame, and waits while it is held.
func (c *connection) judge(d Direction, n int) (verdict, error) {
	for counted := false; ; {
		faults, changed := c.lab.current()
		gravest, name := pass, ""
		for _, f := range faults {
			if fr, ok := f.(framer); ok {
				if v := fr.frame(d, n); v > gravest {
					gravest, name = v, f.Name()
				}
			}
		}
		if gravest != pass && !counted {
			counted = true
			c.lab.counts.add(name, 1)
		}
		if gravest != halt {
			return gravest, nil
		}
		select {
		case <-changed:
		case <-c.ctx.Done():
			return halt, c.ctx.Err()
		}
	}
}
