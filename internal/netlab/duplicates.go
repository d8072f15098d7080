package netlab

import (
	"bytes"
	"io"
	"net/http"
	"sync"
)

// Duplicated gives every answer twice: the second time to the next request for the same path, which the target does not see. It is what a cache does that does
// not ask whether it may. Answers without a length, which are streams, pass.
type Duplicated struct {
	Path string // the last element of the paths concerned; "": all
}

// Name is "answers-duplicated".
func (Duplicated) Name() string { return "answers-duplicated" }

func (f Duplicated) with(p *parameters) Fault {
	p.text("path", &f.Path)
	return f
}

func (f Duplicated) answer(l *Lab, r *http.Request) *http.Response {
	if isUpgrade(r) || !at(f.Path, r) {
		return nil
	}
	return l.memory.take(r)
}

func (f Duplicated) alter(l *Lab, response *http.Response) {
	if !at(f.Path, response.Request) || response.ContentLength < 0 || response.ContentLength > maxMemory {
		return
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxMemory))
	response.Body = io.NopCloser(bytes.NewReader(body))
	if err == nil {
		l.memory.keep(response, body)
	}
}

const (
	maxMemory   = 256 << 10 // bytes of one answer that is kept
	maxMemories = 64        // answers
)

// memory keeps one answer a path.
type memory struct {
	mu     sync.Mutex
	byPath map[string]kept
}

type kept struct {
	status int
	header http.Header
	body   []byte
}

func pathKey(r *http.Request) string { return r.Method + " " + r.URL.Path }

func (m *memory) keep(response *http.Response, body []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byPath == nil {
		m.byPath = map[string]kept{}
	}
	if len(m.byPath) < maxMemories {
		m.byPath[pathKey(response.Request)] = kept{response.StatusCode, response.Header.Clone(), body}
	}
}

// take returns the answer that is kept for the path, and forgets it.
func (m *memory) take(r *http.Request) *http.Response {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.byPath[pathKey(r)]
	if !ok {
		return nil
	}
	delete(m.byPath, pathKey(r))
	return &http.Response{
		StatusCode: k.status, ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: k.header,
		Body: io.NopCloser(bytes.NewReader(k.body)), ContentLength: int64(len(k.body)),
	}
}
