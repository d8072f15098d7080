package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
	"github.com/hawser-go/hawser/cmd/hawser/internal/doctor"
	"github.com/hawser-go/hawser/internal/netlab"
)

func TestDoctor(t *testing.T) {
	rt := hawser.New(hawser.Options{Logger: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(rt)
	defer server.Close()
	defer rt.Shutdown(context.Background())
	lab, err := netlab.Listen("127.0.0.1:0", netlab.Options{
		Target: server.Listener.Addr().String(), Faults: []netlab.Fault{netlab.UpgradeRefused{Status: 426}},
	})
	require.NoError(t, err)
	defer lab.Close()
	var out bytes.Buffer
	code := run(t.Context(), []string{"doctor", "-watch", "10ms", lab.URL() + "/realtime", "-json"}, &out, t.Output())
	assert.Equal(t, 1, code)
	var r doctor.Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &r))
	refused := slices.ContainsFunc(r.Findings, func(f doctor.Finding) bool { return f.Name == "upgrade-refused" })
	assert.True(t, refused, "%v", r.Findings) // a busy machine may add latency
	assert.Positive(t, r.RoundTrip.Median)

	lab.Set()
	out.Reset()
	code = run(t.Context(), []string{"doctor", "-watch", "10ms", "-patience", "10s", lab.URL() + "/realtime"}, &out, t.Output())
	assert.Less(t, code, 2, out.String())
	assert.Contains(t, out.String(), "✓ polling")
	assert.NotContains(t, out.String(), "\x1b", "it is no terminal")
}

func TestWrongArguments(t *testing.T) {
	for _, arguments := range [][]string{
		{}, {"nurse"}, {"doctor"}, {"doctor", "not a url"}, {"doctor", "-nonsense", "http://x/"}, {"doctor", "http://x/", "http://y/"},
	} {
		var errs bytes.Buffer
		assert.Equal(t, 2, run(t.Context(), arguments, io.Discard, &errs), arguments)
		assert.NotEmpty(t, errs.String())
	}
}
