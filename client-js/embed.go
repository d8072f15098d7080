// Package clientjs holds the browser client's bundles and serves them:
//
//	hawser.js          window.hawser, every transport, JSON
//	hawser.msgpack.js  the same with MessagePack
//	hawser.legacy.js   window.hawser in ES5, for browsers as old as Internet Explorer 9
//	hawser.mjs         the ES module; core.mjs, msgpack.mjs and chunks beside it
package clientjs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed dist/*.js dist/*.mjs
var dist embed.FS

// A bundle is one file, ready to be sent.
type bundle struct {
	plain, zipped []byte
	etag          string // without the quotes
}

// bundles are read and compressed when the first one is asked for, once a process.
var bundles = sync.OnceValue(func() map[string]bundle {
	entries, err := dist.ReadDir("dist")
	if err != nil {
		panic("clientjs: the embedded bundles: " + err.Error()) // a broken build
	}
	all := make(map[string]bundle, len(entries))
	for _, entry := range entries {
		plain, err := dist.ReadFile("dist/" + entry.Name())
		if err != nil {
			panic("clientjs: the embedded bundles: " + err.Error())
		}
		sum := sha256.Sum256(plain)
		all[entry.Name()] = bundle{plain, zip(plain), base64.RawURLEncoding.EncodeToString(sum[:12])}
	}
	return all
})

// Handler serves the bundles, each by the last element of the request's path, whatever stands before it; it answers 404
// to other names and 405 to other methods than GET and HEAD. Browsers may keep a bundle but ask each time whether it is
// still the one (ETag), so that a new server gets its own client. The answers may be read from every origin: they hold
// nothing but public code. They are gzipped for who accepts it. The handler may be used at the same time by any number
// of goroutines.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		b, ok := bundles()[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Vary", "Accept-Encoding")
		body, etag := b.plain, b.etag
		if acceptsGzip(r) {
			body, etag = b.zipped, b.etag+"-gzip"
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("ETag", `"`+etag+`"`)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
	})
}

// acceptsGzip reports whether the client named gzip, and not with quality 0, which is a refusal.
func acceptsGzip(r *http.Request) bool {
	for _, field := range r.Header.Values("Accept-Encoding") {
		for item := range strings.SplitSeq(field, ",") {
			coding, quality, _ := strings.Cut(item, ";")
			if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				return quality == "" || strings.Trim(quality, " q=0.") != ""
			}
		}
	}
	return false
}

func zip(plain []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // fails only on an unknown level
	_, _ = w.Write(plain)                                   // a bytes.Buffer takes all
	_ = w.Close()
	return out.Bytes()
}
