package buffer_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/transport/internal/buffer"
)

func TestReadFrame(t *testing.T) {
	for _, size := range []int{0, 1, 4 << 10, 4<<10 + 1, 64 << 10, 300 << 10} {
		want := bytes.Repeat([]byte("x"), size)
		for _, r := range []io.Reader{bytes.NewReader(want), iotest.DataErrReader(bytes.NewReader(want))} {
			got, err := buffer.ReadFrame(r, size)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(want, got), size)
		}
		_, err := buffer.ReadFrame(bytes.NewReader(append(want, 'x')), size)
		assert.ErrorIs(t, err, buffer.ErrTooLarge)
	}
}

func TestReadFrameStopsAtTheLimit(t *testing.T) {
	endless := &counter{}
	_, err := buffer.ReadFrame(endless, 1000)
	require.ErrorIs(t, err, buffer.ErrTooLarge)
	assert.LessOrEqual(t, endless.read, 1001)
}

type counter struct{ read int }

func (c *counter) Read(p []byte) (int, error) {
	c.read += len(p)
	return len(p), nil
}

func TestReadFrameFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := buffer.ReadFrame(io.MultiReader(bytes.NewReader([]byte("x")), iotest.ErrReader(broken)), 10)
	assert.ErrorIs(t, err, broken)
}

func TestFrameBelongsToTheCaller(t *testing.T) {
	first, err := buffer.ReadFrame(bytes.NewReader([]byte("first")), 10)
	require.NoError(t, err)
	for range 10 {
		_, err := buffer.ReadFrame(bytes.NewReader([]byte("other")), 10)
		require.NoError(t, err)
	}
	assert.Equal(t, "first", string(first))
}

func BenchmarkReadFrame(b *testing.B) {
	message := bytes.Repeat([]byte("x"), 200)
	r := bytes.NewReader(nil)
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(message)
		if _, err := buffer.ReadFrame(r, 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}
