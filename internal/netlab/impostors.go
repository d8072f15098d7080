package netlab

import (
	"net/http"
	"path"
)

// at reports whether a request is for the path that a fault is about: its last element, or "" for all.
func at(last string, r *http.Request) bool { return last == "" || path.Base(r.URL.Path) == last }

// BadGateway answers requests with a 502 that is HTML.
type BadGateway struct {
	Path string // the last element of the paths concerned; "": all
}

// Name is "bad-gateway".
func (BadGateway) Name() string { return "bad-gateway" }

func (f BadGateway) with(p *parameters) Fault {
	p.text("path", &f.Path)
	return f
}

func (f BadGateway) answer(_ *Lab, r *http.Request) *http.Response {
	if !at(f.Path, r) {
		return nil
	}
	return page(r, http.StatusBadGateway, "502 Bad Gateway")
}

// CaptivePortal answers requests with a 200 that is a page to log in.
type CaptivePortal struct {
	Path string // as in BadGateway
}

// Name is "captive-portal".
func (CaptivePortal) Name() string { return "captive-portal" }

func (f CaptivePortal) with(p *parameters) Fault {
	p.text("path", &f.Path)
	return f
}

func (f CaptivePortal) answer(_ *Lab, r *http.Request) *http.Response {
	if !at(f.Path, r) {
		return nil
	}
	return page(r, http.StatusOK, "Welcome to the guest network: please log in")
}

// Redirected answers requests with a redirect.
type Redirected struct {
	Path   string // as in BadGateway
	To     string // the Location. Default "/login"
	Status int    // Default 302
}

// Name is "redirected".
func (Redirected) Name() string { return "redirected" }

func (f Redirected) with(p *parameters) Fault {
	p.text("path", &f.Path)
	p.text("to", &f.To)
	p.integer("status", &f.Status)
	return f
}

func (f Redirected) answer(_ *Lab, r *http.Request) *http.Response {
	if !at(f.Path, r) {
		return nil
	}
	response := page(r, statusOr(f.Status, http.StatusFound), "over there")
	to := f.To
	if to == "" {
		to = "/login"
	}
	response.Header.Set("Location", to)
	return response
}
