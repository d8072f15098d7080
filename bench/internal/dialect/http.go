package dialect

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// post returns a request.
func post(path, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: text/plain\r\n"+
		"Content-Length: %d\r\n\r\n%s", path, len(body), body)
}

// A body reads the responses of one connection, one after another.
type body struct {
	begun   bool
	chunked bool
	left    int // of a body with a length; of one without, which lasts until the end of the connection, less than 0
}

// feed gives what has come of bodies to got. It stops after the end of a response, and then reports done.
func (r *body) feed(in []byte, got func([]byte) error) (used int, done bool, err error) {
	if !r.begun {
		end := bytes.Index(in, []byte("\r\n\r\n"))
		if end < 0 {
			return 0, false, nil
		}
		if err := r.begin(string(in[:end])); err != nil {
			return 0, false, err
		}
		used = end + 4
	}
	if !r.chunked && r.left < 0 {
		return len(in), false, got(in[used:])
	}
	if !r.chunked {
		n := min(r.left, len(in)-used)
		r.left -= n
		err := got(in[used : used+n])
		r.begun = r.left > 0
		return used + n, r.left == 0, err
	}
	for {
		chunk, n, err := nextChunk(in[used:])
		if err != nil || n == 0 {
			return used, false, err
		}
		used += n
		if len(chunk) == 0 {
			r.begun = false
			return used, true, nil
		}
		if err := got(chunk); err != nil {
			return used, false, err
		}
	}
}

func (r *body) begin(head string) error {
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") {
		return fmt.Errorf("refused: %q", head)
	}
	*r = body{begun: true, left: -1}
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "transfer-encoding":
			r.chunked = value == "chunked"
		case "content-length":
			n, err := strconv.ParseUint(value, 10, 20)
			if err != nil {
				return err
			}
			r.left = int(n)
		}
	}
	return nil
}

// nextChunk returns the first chunk and its length with its frame, 0 if it has not come as a whole.
func nextChunk(in []byte) (chunk []byte, length int, err error) {
	n, header := 0, 0
	for ; ; header++ {
		switch {
		case n > longest:
			return nil, 0, errTooLong
		case header == len(in):
			return nil, 0, nil
		}
		c := in[header]
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | int(c-'a'+10)
		case c == '\r':
			header += 2
			if len(in) < header+n+2 {
				return nil, 0, nil
			}
			return in[header : header+n], header + n + 2, nil
		default:
			return nil, 0, fmt.Errorf("a malformed chunk: %q", in[:header+1])
		}
	}
}

// lines joins the parts of a text again and cuts it into lines.
type lines struct{ begun []byte }

func (l *lines) feed(part []byte, got func(line []byte) error) error {
	for {
		end := bytes.IndexByte(part, '\n')
		if end < 0 {
			l.begun = append(l.begun, part...)
			return nil
		}
		line := part[:end]
		if len(l.begun) > 0 {
			l.begun = append(l.begun, line...)
			line = l.begun
		}
		if err := got(line); err != nil {
			return err
		}
		l.begun = l.begun[:0]
		part = part[end+1:]
	}
}
