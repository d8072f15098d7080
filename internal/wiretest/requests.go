package wiretest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/hawser-go/hawser/codec"
)

// Post sends a body to a path below the mount, as a client does.
func (c *Client) Post(ctx context.Context, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+path+"?v=1&codec="+c.Codec.Name(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range c.Header {
		r.Header[name] = values
	}
	if !c.Codec.Binary() {
		r.Header.Set("Content-Type", "text/plain")
	}
	return c.HTTP.Do(r)
}

// requests are a wire made of them: what goes up, goes by POST send.
type requests struct {
	client  *Client
	ctx     context.Context //nolint:containedctx // of all its requests
	stop    context.CancelFunc
	down    reader
	reads   sync.WaitGroup
	sending sync.Mutex // one POST at a time
}

func newRequests(c *Client, welcomed func(error)) *requests {
	r := &requests{client: c, down: reader{client: c, welcomed: welcomed}}
	r.ctx, r.stop = context.WithCancel(context.Background())
	return r
}

func (r *requests) close() {
	r.stop()
	r.reads.Wait()
}

func (r *requests) send(frame []byte) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	c := r.client
	body := append(c.Frame(c.Hello()), c.Codec.Separator()...)
	response, err := c.Post(r.ctx, "send", append(body, frame...))
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return err
	}
	_, err = (&reader{client: c, welcomed: func(error) {}}).frame(answer)
	return err
}

// read reads a frame that came down, and says what must be said to it.
func (r *requests) read(frame []byte) error {
	say, err := r.down.frame(frame)
	if len(say) > 0 {
		r.reads.Go(func() { _ = r.send(r.client.Frame(say...)) })
	}
	return err
}

func openStream(ctx context.Context, c *Client, welcomed func(error)) (wire, error) {
	r := newRequests(c, welcomed)
	defer context.AfterFunc(ctx, r.stop)()
	response, err := c.Post(r.ctx, "sse", c.first(c.Hello())) //nolint:contextcheck // the stream outlives the connecting
	if err != nil {
		return nil, err
	}
	r.reads.Go(func() {
		defer func() { _ = response.Body.Close() }()
		next := events(response.Body)
		switch {
		case response.StatusCode != http.StatusOK && !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream"):
			next = whole(response.Body)
		case c.Codec.Binary():
			next = prefixed(response.Body)
		}
		for {
			frame, err := next()
			if err == nil {
				err = r.read(frame)
			}
			if err != nil {
				welcomed(err)
				return
			}
		}
	})
	return r, nil
}

// whole reads an answer that is one frame.
func whole(body io.Reader) func() ([]byte, error) {
	return func() ([]byte, error) {
		frame, err := io.ReadAll(body)
		if len(frame) == 0 && err == nil {
			err = io.EOF
		}
		return frame, err
	}
}

// events reads frames from server-sent events.
func events(body io.Reader) func() ([]byte, error) {
	buffered := bufio.NewReader(body)
	return func() ([]byte, error) {
		var lines []string
		for {
			line, err := buffered.ReadString('\n')
			if err != nil {
				return nil, err
			}
			line = strings.TrimSuffix(line, "\n")
			switch data, ok := strings.CutPrefix(line, "data: "); {
			case ok:
				lines = append(lines, data)
			case line == "" && len(lines) > 0:
				return []byte(strings.Join(lines, "\n")), nil
			case line != "" && line[0] != ':':
				return nil, fmt.Errorf("wiretest: a line that is no event's: %q", line)
			}
		}
	}
}

// prefixed reads frames with their lengths.
func prefixed(body io.Reader) func() ([]byte, error) {
	return func() ([]byte, error) {
		var length [4]byte
		if _, err := io.ReadFull(body, length[:]); err != nil {
			return nil, err
		}
		frame := make([]byte, binary.BigEndian.Uint32(length[:]))
		_, err := io.ReadFull(body, frame)
		return frame, err
	}
}

func openPolls(c *Client, welcomed func(error)) wire {
	r := newRequests(c, welcomed)
	r.reads.Go(func() {
		for first := true; ; first = false {
			if !first {
				c.mu.Lock()
				c.claim++
				c.mu.Unlock()
			}
			wait := uint64(20_000)
			if first {
				wait = 0 // its welcome is waited for
			}
			if err := r.poll(c.Hello(func(b *codec.Hello) { b.Wait = wait })); err != nil {
				welcomed(err)
				return
			}
		}
	})
	return r
}

func (r *requests) poll(hello *codec.Packet) error {
	response, err := r.client.Post(r.ctx, "poll", r.client.first(hello))
	if err != nil {
		return err
	}
	frame, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return err
	}
	if len(frame) == 0 {
		return errors.New("wiretest: an empty answer to a poll: " + response.Status)
	}
	r.down.next = 0
	return r.read(frame)
}
