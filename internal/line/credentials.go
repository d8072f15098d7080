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
	shown := make([]byte, 0, 256) // more is seldom shown, and only that is allocated
	for _, name := range [...]string{"Authorization", "Cookie"} {
		for _, value := range r.Header.Values(name) {
			shown = append(append(shown, value...), 0)
		}
		shown = append(shown, 1)
	}
	ofHeaders, ofToken := sha256.Sum256(shown), sha256.Sum256([]byte(token))
	return credentials{token: digest(ofToken[:16]), headers: digest(ofHeaders[:16]), silent: token == ""}
}

// covers reports whether a wire that shows others, after c was accepted, says nothing new. A token may be left out: key and sid are proof enough.
func (c credentials) covers(others credentials) bool {
	return c.headers == others.headers && (others.silent || c.token == others.token)
}
