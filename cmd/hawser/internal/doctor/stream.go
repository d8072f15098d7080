package doctor

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hawser-go/hawser/codec"
)

func (e *examination) stream(ctx context.Context) {
	e.examine(ctx, subject{streamName, e.openStream, e.muteStream})
}

// openStream asks for a stream, with hello and a call. It does not wait for the answer.
func (e *examination) openStream(ctx context.Context, s *session) (*line, error) {
	l := &line{frames: make(chan []*codec.Packet, 16), opened: time.Now()}
	over, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	l.say = func(ctx context.Context, packets ...*codec.Packet) error {
		if err := s.send(ctx, packets...); err != nil {
			return &uplinkError{err}
		}
		return nil
	}
	l.stop = func() {
		cancel()
		reading.Wait()
	}
	opening := append([]*codec.Packet{s.hello(1, 1)}, s.calls(1)...)
	reading.Go(func() {
		defer close(l.frames)
		l.err = e.readStream(over, l, opening)
	})
	return l, nil
}

func (e *examination) readStream(ctx context.Context, l *line, opening []*codec.Packet) error {
	response, err := e.request(ctx, "sse", opening)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if s := strangeStream(response); s != nil {
		return s
	}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" {
		e.chart.found(streamGzipped, streamName, "the stream comes with Content-Encoding: "+encoding)
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{&meter{response.Body, &l.bytes}, response.Body}
	body, err := decompressed(response)
	if err != nil {
		return err
	}
	return readEvents(body, func(frame []byte) error {
		packets, err := split(frame)
		if err != nil {
			return err
		}
		select {
		case l.frames <- packets:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// strangeStream looks for signs that what came is not the server's.
func strangeStream(response *http.Response) *symptom {
	s := impostor(response, nil, "text/event-stream")
	if s == nil {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if refusal := impostor(response, text, "text/plain"); refusal != nil {
		return refusal
	}
	packets, _ := split(bytes.TrimSpace(text))
	if closed, ok := closedBy(packets).(*symptom); ok { //nolint:errorlint // it is one, or nil
		return closed
	}
	return s
}

// readEvents reads server-sent events, and hands on the data of each. It ends with the reader's error, io.EOF for an end in good order.
func readEvents(from io.Reader, each func(frame []byte) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxAnswer)
	var frame []byte
	for lines.Scan() {
		line := lines.Bytes()
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			if len(frame) > 0 {
				frame = append(frame, '\n')
			}
			frame = append(frame, bytes.TrimPrefix(data, []byte(" "))...)
			if len(frame) > maxAnswer {
				return &symptom{notHawser, fmt.Sprintf("an event over %d bytes", maxAnswer)}
			}
		}
		if len(line) == 0 && len(frame) > 0 {
			if err := each(frame); err != nil {
				return err
			}
			frame = nil
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.EOF
}

// muteStream explains a stream of which nothing came: it makes the server write more and more, until something does.
func (e *examination) muteStream(ctx context.Context, s *session, l *line) {
	if !e.chart.requestsPass() {
		e.chart.found(silence, streamName, "no answer in time")
		return
	}
	defer s.finish(ctx, 1)
	for n := 16; n <= 256; n *= 2 {
		if err := l.say(ctx, s.calls(n)...); err != nil {
			if isGone(err) {
				e.chart.found(silence, streamName, "the request for the stream does not reach the server")
				return
			}
			e.found(streamName, err)
			return
		}
		if _, err := l.next(ctx, 300*time.Millisecond); err == nil {
			e.chart.found(responsesBuffered, streamName,
				fmt.Sprintf("what the server sends is kept until there are some %d bytes", l.bytes.Load()))
			return
		}
	}
	e.chart.found(responsesBuffered, streamName, fmt.Sprintf("of %d KB nothing came", s.sent*uint64(len(callName))>>10))
}

// An uplinkError is a failure of the requests that go up beside a stream, not of the stream.
type uplinkError struct{ cause error }

func (e *uplinkError) Error() string { return "uplink: " + e.cause.Error() }

func (e *uplinkError) Unwrap() error { return e.cause }

// A meter counts what is read.
type meter struct {
	from  io.Reader
	bytes *atomic.Int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	m.bytes.Add(int64(n))
	return n, err
}
