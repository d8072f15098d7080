package response

import "net/http"

// SetHeader sets what each answer and each stream needs, so that no proxy keeps, holds back or changes it.
func SetHeader(h http.Header, contentType string) {
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store, no-cache, no-transform, must-revalidate, max-age=0")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Accel-Buffering", "no") // nginx
	h.Del("Content-Length")
	h.Del("Content-Encoding")
}
