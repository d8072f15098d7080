package clientjs_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	clientjs "github.com/hawser-go/hawser/client-js"
)

func get(t *testing.T, path string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header = header
	w := httptest.NewRecorder()
	clientjs.Handler().ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	all, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(all)
}

func TestEveryBundleIsServedAsScript(t *testing.T) {
	for _, name := range []string{
		"hawser.js", "hawser.msgpack.js", "hawser.legacy.js", "hawser.mjs", "core.mjs", "msgpack.mjs",
	} {
		res := get(t, "/realtime/"+name, nil)
		assert.Equal(t, http.StatusOK, res.StatusCode, name)
		assert.Equal(t, "text/javascript; charset=utf-8", res.Header.Get("Content-Type"), name)
		assert.Equal(t, "no-cache", res.Header.Get("Cache-Control"), name)
		assert.NotEmpty(t, read(t, res.Body), name)
	}
}

func TestGzipHoldsTheSameBundle(t *testing.T) {
	plain := read(t, get(t, "/hawser.js", nil).Body)
	for accept, zipped := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "br": false, "gzip;q=0": false, "gzip; q=0.000": false,
	} {
		res := get(t, "/hawser.js", http.Header{"Accept-Encoding": {accept}})
		if !zipped {
			assert.Empty(t, res.Header.Get("Content-Encoding"), accept)
			assert.Equal(t, plain, read(t, res.Body), accept)
			continue
		}
		require.Equal(t, "gzip", res.Header.Get("Content-Encoding"), accept)
		unzipped, err := gzip.NewReader(res.Body)
		require.NoError(t, err)
		assert.Equal(t, plain, read(t, unzipped), accept)
	}
}

func TestABrowserThatHasTheBundleIsToldSo(t *testing.T) {
	for _, accept := range []string{"identity", "gzip"} {
		first := get(t, "/hawser.js", http.Header{"Accept-Encoding": {accept}})
		again := get(t, "/hawser.js", http.Header{
			"Accept-Encoding": {accept}, "If-None-Match": {first.Header.Get("ETag")},
		})
		assert.Equal(t, http.StatusNotModified, again.StatusCode, accept)
	}
	plain := get(t, "/hawser.js", nil).Header.Get("ETag")
	zipped := get(t, "/hawser.js", http.Header{"Accept-Encoding": {"gzip"}}).Header.Get("ETag")
	assert.NotEqual(t, plain, zipped, "the two encodings must not stand for each other")
}

func TestOtherNamesAndMethodsAreRefused(t *testing.T) {
	for _, path := range []string{"/", "/hawser.ts", "/types/index.d.ts", "/../embed.go"} {
		assert.Equal(t, http.StatusNotFound, get(t, path, nil).StatusCode, path)
	}
	w := httptest.NewRecorder()
	clientjs.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/hawser.js", nil))
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
}
