package line

import (
	"crypto/sha256"
	"net/http"
)

// credentials tell whether a wire shows the same ones as another, without keeping them.
type credentials struct {
	token   digest
	headers digest // Authorization and cookies
	silent  bool   // it shows no token
}

// A digest is 128 bits of a hash, which nobody can find another preimage of.
type digest [16]byte

func credentialsOf(r *http.Request, token string) credentials {
	h := sha256.New()
	for _, name := range []string{"Authorization", "Cookie"} {
		for _, value := range r.Header.Values(name) {
			h.Write([]byte(value))
			h.Write([]byte{0})
		}
		h.Write([]byte{1})
	}
	var sum [sha256.Size]byte
	ofToken := sha256.Sum256([]byte(token))
	return credentials{token: digest(ofToken[:16]), headers: digest(h.Sum(sum[:0])[:16]), silent: token == ""}
}

// covers reports whether a wire that shows others, after c was accepted, says nothing new. A token may be left out: key and sid are proof enough.
func (c credentials) covers(others credentials) bool {
	return c.headers == others.headers && (others.silent || c.token == others.token)
}
