package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hawser-go/hawser/internal/netlab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCommands(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	stdin, in := io.Pipe()
	out, stdout := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run([]string{"-target", server.Listener.Addr().String(), "-fault", "captive-portal"}, stdin, stdout, t.Output())
	}()
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	url, ok := strings.CutPrefix(lines.Text(), "listening on ")
	require.True(t, ok)
	ask := func(command string) (r report) {
		_, err := io.WriteString(in, command+"\n")
		require.NoError(t, err)
		require.True(t, lines.Scan())
		require.NoError(t, json.Unmarshal(lines.Bytes(), &r))
		return r
	}
	get := func() int {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		r, err := client.Get(url)
		require.NoError(t, err)
		r.Body.Close()
		return r.StatusCode
	}

	assert.Equal(t, 200, get())
	assert.EqualValues(t, 1, ask(`{}`).Counts["captive-portal"])
	assert.Equal(t, "bad-gateway:path=x,upgrade-swallowed", ask(`{"faults":"bad-gateway:path=x, upgrade-swallowed"}`).Faults)
	assert.Equal(t, 404, get())
	assert.Empty(t, ask(`{"faults":"","cut":"rst"}`).Error)
	for _, wrong := range []string{"", "nonsense", `{"fault":""}`, `{"faults":"nonsense"}`, `{"faults":"silence","cut":"slowly"}`} {
		r := ask(wrong)
		assert.NotEmpty(t, r.Error, wrong)
		assert.Empty(t, r.Faults, wrong)
	}
	require.NoError(t, in.Close())
	assert.Zero(t, <-code)
}

func TestWrongArguments(t *testing.T) {
	for _, arguments := range [][]string{{"-fault", "nonsense"}, {"-nonsense"}} {
		assert.Equal(t, 2, run(arguments, strings.NewReader(""), io.Discard, io.Discard))
	}
	assert.Equal(t, 1, run([]string{"-listen", "0.0.0.0:0"}, strings.NewReader(""), io.Discard, io.Discard))
}

func FuzzDo(f *testing.F) {
	f.Add([]byte(`{"faults":"latency:up=1ms","cut":"fin"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		lab := newIdle()
		defer lab.Close()
		var r report
		require.NoError(t, json.Unmarshal(obey(lab, line), &r))
	})
}

// newIdle is a laboratory that nobody uses.
func newIdle() *netlab.Lab { return netlab.New(netlab.Options{}) }
