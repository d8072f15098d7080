package dialect

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/hawser-go/hawser/bench/internal/payload"
)

// raw is the floor's: frames as WebSocket's, unmasked both ways, and nothing else.
type raw struct {
	room   int
	joined bool
}

func (r *raw) Hello() []byte { return append(strconv.AppendInt(nil, int64(r.room), 10), '\n') }
func (r *raw) Joined() bool  { return r.joined }

func (r *raw) Feed(in []byte, b *Batch) (int, error) {
	used := 0
	for {
		f, rest, err := nextFrame(in[used:])
		if err != nil || rest == 0 {
			return used, err
		}
		used += rest
		r.joined = true
		if len(f.payload) == 0 {
			continue
		}
		if err := find(f.payload, b); err != nil {
			return used, err
		}
	}
}

func (r *raw) Call(dst []byte, seq uint32) []byte {
	dst = append(dst, 0x81, 126, payload.Size>>8, payload.Size&0xff)
	return payload.AppendJSON(dst, seq)
}

// held waits for the header of a response that never ends.
type held struct{ joined bool }

func (h *held) Hello() []byte { return post("/", "hello") }
func (h *held) Joined() bool  { return h.joined }

func (h *held) Feed(in []byte, _ *Batch) (int, error) {
	end := bytes.Index(in, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, nil
	}
	if h.joined || !bytes.HasPrefix(in, []byte("HTTP/1.1 200 ")) {
		return 0, fmt.Errorf("unexpected answer %q", in)
	}
	h.joined = true
	return len(in), nil
}

func (h *held) Call([]byte, uint32) []byte { panic(errors.New("nobody answers")) }

// find adds the messages in b to the batch.
func find(text []byte, b *Batch) error {
	for {
		seq, rest, found, err := payload.FindJSON(text)
		if err != nil || !found {
			return err
		}
		b.Seqs = append(b.Seqs, seq)
		text = rest
	}
}
