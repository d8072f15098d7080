package netlab

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
)

const defaultTruncation = 512

// Truncated ends answers without a length, which are streams, after so many bytes, in good order: as if that had been all.
type Truncated struct{ Bytes int }

// Name is "stream-truncated".
func (Truncated) Name() string { return "stream-truncated" }

func (f Truncated) with(p *parameters) Fault {
	p.integer("bytes", &f.Bytes)
	return f
}

func (f Truncated) alter(l *Lab, response *http.Response) {
	if response.ContentLength < 0 {
		response.Body = &truncation{ReadCloser: response.Body, left: f.Bytes, happened: func() { l.counts.add(f.Name(), 1) }}
	}
}

type truncation struct {
	io.ReadCloser
	left     int
	happened func()
}

func (t *truncation) Read(p []byte) (int, error) {
	if t.left == 0 {
		t.happened()
		return 0, io.EOF
	}
	n, err := t.ReadCloser.Read(p[:min(len(p), t.left)])
	t.left -= n
	return n, err
}

// Gzipped compresses answers without a length, which are streams, whoever asked for it. The compressor keeps what comes until it has enough, or the
// stream ends.
type Gzipped struct{}

// Name is "stream-gzipped".
func (Gzipped) Name() string { return "stream-gzipped" }

func (f Gzipped) with(*parameters) Fault { return f }

func (f Gzipped) alter(l *Lab, response *http.Response) {
	if response.ContentLength >= 0 || response.Header.Get("Content-Encoding") != "" {
		return
	}
	l.counts.add(f.Name(), 1)
	response.Header.Set("Content-Encoding", "gzip")
	c := &compression{source: response.Body, buffer: make([]byte, chunkSize)}
	c.gzip = gzip.NewWriter(&c.out)
	response.Body = c
}

type compression struct {
	source io.ReadCloser
	gzip   *gzip.Writer
	out    bytes.Buffer
	buffer []byte
	err    error // of the source
}

func (c *compression) Read(p []byte) (int, error) {
	for c.out.Len() == 0 {
		if c.err != nil {
			return 0, c.err
		}
		var n int
		n, c.err = c.source.Read(c.buffer)
		_, _ = c.gzip.Write(c.buffer[:n]) // into memory, which takes everything
		if c.err == io.EOF {              //nolint:errorlint // a Reader returns it as it is
			_ = c.gzip.Close()
		}
	}
	return c.out.Read(p)
}

func (c *compression) Close() error { return c.source.Close() }
