package doctor

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
)

func events(from io.Reader) (frames []string, err error) {
	err = readEvents(from, func(frame []byte) error {
		frames = append(frames, string(frame))
		return nil
	})
	return frames, err
}

func TestEvents(t *testing.T) {
	frames, err := events(iotest.OneByteReader(strings.NewReader(": hello\n\ndata: [1]\ndata:[2]\n\ndata: [3]\r\n\r\ndata: cut of")))
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, []string{"[1]\n[2]", "[3]"}, frames)
	_, err = events(iotest.TimeoutReader(strings.NewReader("data: [1]\n")))
	assert.ErrorIs(t, err, iotest.ErrTimeout)
	_, err = events(strings.NewReader("data: " + strings.Repeat("x", maxAnswer+1)))
	assert.Error(t, err, "it is bounded")
	_, err = events(strings.NewReader(strings.Repeat("data: "+strings.Repeat("x", 1<<20)+"\n", 6)))
	var s *symptom
	assert.ErrorAs(t, err, &s)
}

// FuzzAnswer holds what comes from the network to what the parsers promise: packets or a symptom.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("data: [1,{\"v\":1}]\n\ndata: [6,1]\ndata: [3,1]\n\n"))
	f.Add([]byte("[35,1,\"not_found\"]\n[44,\"closed\"]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		err := readEvents(bytes.NewReader(text), func(frame []byte) error {
			packets, err := split(frame)
			_ = new(session).take(packets)
			return err
		})
		assert.Error(t, err, "it always ends")
		if _, err := split(text); err != nil {
			var s *symptom
			assert.ErrorAs(t, err, &s)
		}
	})
}
