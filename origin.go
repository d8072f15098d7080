package hawser

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
)

// origins is the one rule about which pages may connect, for every transport alike.
type origins struct {
	all       bool
	listed    []string
	protector *http.CrossOriginProtection
}

func newOrigins(list []string) *origins {
	o := &origins{all: slices.Contains(list, "*"), protector: http.NewCrossOriginProtection()}
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
		log.Warn("hawser: a page of another origin was refused; if it may connect, add this", "origin", origin, "host", r.Host, "add", line)
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

// check applies net/http's rule for requests that change something: a WebSocket's GET is one too, and so are the answers to a preflight.
func (o *origins) check(r *http.Request) error {
	as := *r
	as.Method = http.MethodPost
	return o.protector.Check(&as)
}
