package netlab

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
)

// maxBody is the most bytes of a request's body, and of an answer that is held back.
const maxBody = 4 << 20

// errOver: nothing more can be said on the connection.
var errOver = errors.New("netlab: the connection cannot be used again")

// serve answers the requests of the connection, one after another.
func (c *connection) serve() {
	for {
		r, err := http.ReadRequest(c.in)
		if err != nil {
			return
		}
		c.lab.counts.add("requests", 1)
		if c.exchange(r) != nil || r.Close {
			return
		}
	}
}

// exchange takes one request to its end.
func (c *connection) exchange(r *http.Request) error {
	body, err := c.readBody(r)
	if err != nil {
		return err
	}
	faults, _ := c.lab.current()
	if c.swallows(faults, r) {
		_, _ = io.Copy(io.Discard, c.in) // until the client gives up
		return errOver
	}
	if instead := c.answer(faults, r); instead != nil { //nolint:bodyclose // it is in memory
		return c.write(faults, instead)
	}
	target, err := c.request(faults, r, body)
	if err != nil {
		instead := page(r, http.StatusBadGateway, "the target cannot be reached") //nolint:bodyclose // the same
		return c.write(nil, instead)
	}
	defer func() {
		_ = target.Close()
		c.setTarget(nil)
	}()
	gone := c.watch(target)
	fromTarget := bufio.NewReaderSize(target, chunkSize)
	response, err := readResponse(fromTarget, r)
	switch {
	case err != nil:
	case response.StatusCode == http.StatusSwitchingProtocols:
		err = c.upgrade(response, target, fromTarget, gone)
	default:
		err = c.pass(faults, response)
	}
	if c.isHalf(HalfTarget) { // the client does not know, and takes its time
		err = errors.Join(err, <-gone)
		_, _ = io.Copy(io.Discard, c.in)
		return errors.Join(errOver, err)
	}
	if err != nil {
		return err
	}
	_ = target.Close()
	if r.Close {
		return nil
	}
	return <-gone // the next request, or the end
}

// readBody reads the whole body, so that it can be sent more than once.
func (c *connection) readBody(r *http.Request) ([]byte, error) {
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		r.Header.Del("Expect")
		if _, err := io.WriteString(c.down, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return nil, err
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		instead := page(r, http.StatusRequestEntityTooLarge, "the body is over 4 MiB") //nolint:bodyclose // the same
		_ = c.write(nil, instead)
	}
	return body, err
}

func (c *connection) swallows(faults []Fault, r *http.Request) bool {
	for _, f := range faults {
		if s, ok := f.(swallower); ok && s.swallows(r) {
			c.lab.counts.add(f.Name(), 1)
			return true
		}
	}
	return false
}

// answer asks the faults that answer by themselves.
func (c *connection) answer(faults []Fault, r *http.Request) *http.Response {
	for _, f := range faults {
		if a, ok := f.(answerer); ok {
			if response := a.answer(c.lab, r); response != nil {
				c.lab.counts.add(f.Name(), 1)
				return response
			}
		}
	}
	return nil
}

// request sends the request to the target, over a new connection; twice, over two, if there is a fault that does that.
func (c *connection) request(faults []Fault, r *http.Request, body []byte) (net.Conn, error) {
	for _, f := range faults {
		if twice, ok := f.(repeater); ok && twice.repeats(r) {
			if err := c.rehearse(r, body); err != nil {
				return nil, err
			}
			c.lab.counts.add(f.Name(), 1)
		}
	}
	return c.send(r, body)
}

// rehearse sends the request for nothing: its connection ends when the answer begins.
func (c *connection) rehearse(r *http.Request, body []byte) error {
	target, err := c.send(r, body)
	if err != nil {
		return err
	}
	defer func() {
		_ = target.Close()
		c.setTarget(nil)
	}()
	response, err := readResponse(bufio.NewReader(target), r) //nolint:bodyclose // the same
	if err != nil {
		return err
	}
	if response.ContentLength >= 0 { // it ends, and so is handled to its end
		_, err = io.Copy(io.Discard, response.Body)
	}
	return err
}

func (c *connection) send(r *http.Request, body []byte) (net.Conn, error) {
	target, err := c.lab.dial(c.ctx, "tcp", c.lab.target)
	if err != nil {
		return nil, err
	}
	c.setTarget(target)
	if err := writeRequest(target, r, body); err != nil {
		_ = target.Close()
		return nil, err
	}
	return target, nil
}

// writeRequest passes the request on as it came, except that its length is known now and its connection is its own.
func writeRequest(w io.Writer, r *http.Request, body []byte) error {
	out := *r
	out.Header = r.Header.Clone()
	out.URL.Host, out.URL.Scheme = r.Host, "http"
	out.TransferEncoding = nil
	out.Body, out.ContentLength = http.NoBody, 0
	if len(body) > 0 {
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	out.Close = !isUpgrade(r)
	if _, named := out.Header["User-Agent"]; !named {
		out.Header["User-Agent"] = []string{""} // or Write puts in its own
	}
	buffered := bufio.NewWriter(w)
	if err := out.Write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// readResponse reads the target's answer, past what is only informational.
func readResponse(from *bufio.Reader, r *http.Request) (*http.Response, error) {
	for {
		response, err := http.ReadResponse(from, r)
		if err != nil {
			return nil, err
		}
		if response.StatusCode >= 200 || response.StatusCode == http.StatusSwitchingProtocols {
			// Closing it would read what the target has still to say, and a stream never ends. Its connection is closed instead.
			response.Body = io.NopCloser(response.Body)
			return response, nil
		}
	}
}

// watch closes the target's connection when the client goes away in the middle. What it returns says, once, that the next request has come, or why
// there will be none.
func (c *connection) watch(target net.Conn) <-chan error {
	gone := make(chan error, 1)
	c.tasks.Go(func() {
		_, err := c.in.Peek(1)
		if err != nil {
			_ = target.Close()
		}
		gone <- err
		close(gone)
	})
	return gone
}

// pass writes the target's answer to the client, as the faults leave it.
func (c *connection) pass(faults []Fault, response *http.Response) error {
	for _, f := range faults {
		if lost, ok := f.(loser); ok && lost.loses(c.lab, response) {
			c.lab.counts.add(f.Name(), 1)
			_, err := io.Copy(io.Discard, response.Body)
			return errors.Join(errOver, err)
		}
		if a, ok := f.(alterer); ok {
			a.alter(c.lab, response)
		}
	}
	if response.ContentLength < 0 {
		c.carry(Streams)
		defer c.carry(Requests)
	}
	return c.write(faults, response)
}

// write writes an answer to the client, held back if there is a fault that does that.
func (c *connection) write(faults []Fault, response *http.Response) error {
	response.Close = response.Request.Close // that of the target was, which is none of the client's business
	response.Header.Del("Connection")
	if response.ContentLength < 0 {
		response.TransferEncoding = []string{"chunked"}
	}
	var out io.Writer = c.down
	var held []io.WriteCloser
	for _, f := range faults {
		if h, ok := f.(holder); ok {
			c.lab.counts.add(f.Name(), 1)
			w := h.hold(c.lab, out)
			out = w
			held = append([]io.WriteCloser{w}, held...)
		}
	}
	err := response.Write(out)
	for _, w := range held {
		err = errors.Join(err, w.Close())
	}
	return err
}

func isUpgrade(r *http.Request) bool { return strings.EqualFold(r.Header.Get("Upgrade"), "websocket") }

// page is an answer as a proxy gives it: HTML.
func page(r *http.Request, status int, text string) *http.Response {
	body := "<!doctype html><title>" + http.StatusText(status) + "</title><h1>" + text + "</h1>\n"
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header:        http.Header{"Content-Type": {"text/html"}, "Server": {"netlab"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
	}
}
