package response_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/transport/internal/response"
)

type wrapper struct {
	http.ResponseWriter
	inner http.ResponseWriter
}

func (w *wrapper) Unwrap() http.ResponseWriter { return w.inner }

func TestInnermost(t *testing.T) {
	inner := httptest.NewRecorder()
	assert.Same(t, inner, response.Innermost(&wrapper{inner: &wrapper{inner: inner}}))

	none := &wrapper{}
	assert.Same(t, none, response.Innermost(none))

	loop := &wrapper{}
	loop.inner = loop
	assert.Same(t, loop, response.Innermost(loop))
}

func TestFaultsAreLoggedOnceForEachType(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	var faults response.Faults
	for range 3 {
		recorder := response.Streamable(httptest.NewRecorder())
		require.NotNil(t, recorder)
		faults.Log(logger, "sse", recorder)
		plain := response.Streamable(struct{ http.ResponseWriter }{httptest.NewRecorder()})
		require.NotNil(t, plain)
		faults.Log(logger, "sse", plain)
	}
	assert.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
	assert.Contains(t, log.String(), "writer=*httptest.ResponseRecorder hides=SetWriteDeadline")
	assert.Contains(t, log.String(), "hides=Flush")
}
