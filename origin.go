package hawser

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
)

// origins is the one rule about which pages may connect, for every transport alike.
type origins struct {
	all       bool
	listed    []string
	protector *http.CrossOriginProtection

	mu   sync.Mutex
	told map[string]bool // the refused ones that the log has told; guarded by mu
}

const (
	// maxTold is how many refused origins the log tells: a page that nobody invited must not fill it.
	maxTold = 100
	// maxOrigin is more than the origin of a page has: a scheme, a name of 253 bytes and a port. What is longer is refused, and neither told nor remembered.
	maxOrigin = 300
)

func newOrigins(list []string) *origins {
	o := &origins{all: slices.Contains(list, "*"), protector: http.NewCrossOriginProtection(), told: map[string]bool{}}
	for _, origin := range list {
		if origin == "*" {
			continue
		}
		if err := o.protector.AddTrustedOrigin(origin); err != nil {
			panic(fmt.Sprintf("hawser: Options.Origins: %v", err))
		}
		o.listed = append(o.listed, origin)
	}
	return o
}

// allow checks where a request comes from, and writes the CORS answers that go with it. If it reports false, the request has been answered.
func (o *origins) allow(w http.ResponseWriter, r *http.Request, log *slog.Logger) bool {
	origin := r.Header.Get("Origin")
	if !o.all && o.check(r) != nil {
		line := fmt.Sprintf("hawser.Options{Origins: []string{%q}}", origin)
		if o.first(origin) {
			log.Warn("hawser: a page of another origin was refused; if it may connect, add this", "origin", origin, "host", r.Host, "add", line)
		}
		http.Error(w, "hawser: the origin "+origin+" may not connect here. If it should, add it on the server: "+line, http.StatusForbidden)
		return false
	}
	if origin != "" && (o.all || slices.Contains(o.listed, origin)) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
		h.Add("Vary", "Origin")
		if r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", "Content-Type")
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return false
		}
	}
	return true
}

// first reports whether the log is to tell that an origin was refused: once for each.
func (o *origins) first(origin string) bool {
	if len(origin) > maxOrigin {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.told[origin] || len(o.told) == maxTold {
		return false
	}
	o.told[origin] = true
	return true
}

// check applies net/http's rule for requests that change something: a WebSocket's GET is one too, and so are the answers to a preflight.
func (o *origins) check(r *http.Request) error {
	if r.Method == http.MethodPost {
		return o.protector.Check(r)
	}
	as := *r
	as.Method = http.MethodPost
	return o.protector.Check(&as)
}
