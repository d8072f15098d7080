package hawser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser"
)

// paths are all that carry a session.
var paths = []string{"websocket", "sse", "poll", "send"}

// from sends a request as a page of that origin would. The frame is refused if the origin is not.
func (s *site) from(origin, site, method, path string) (*http.Response, string) {
	s.t.Helper()
	if path == "websocket" && method == http.MethodPost {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+"/realtime/"+path+"?v=1&codec=json", strings.NewReader("[6]"))
	require.NoError(s.t, err)
	for name, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": site, "Content-Type": "text/plain"} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	response, err := s.http.Client().Do(r)
	require.NoError(s.t, err)
	return response, firstBytes(s.t, response)
}

func TestOrigins(t *testing.T) {
	const app = "https://app.example.com"
	listed := []string{app}
	for name, c := range map[string]struct {
		origins      []string
		origin, site string
		allowed      bool
		cors         bool
	}{
		"no browser":                        {nil, "", "", true, false},
		"same origin, by Fetch metadata":    {nil, "own", "same-origin", true, false},
		"same origin, by an older browser":  {nil, "own", "", true, false},
		"another origin":                    {nil, app, "", false, false},
		"another origin, by Fetch metadata": {nil, app, "cross-site", false, false},
		"another host of the same site":     {nil, app, "same-site", false, false},
		"a sandboxed page":                  {nil, "null", "", false, false},
		"listed":                            {listed, app, "cross-site", true, true},
		"listed, by an older browser":       {listed, app, "", true, true},
		"another scheme than listed":        {listed, "http://app.example.com", "", false, false},
		"a longer name than listed":         {listed, app + ".evil.example", "", false, false},
		"a list keeps the own":              {listed, "own", "", true, false},
		"any":                               {[]string{"*"}, app, "cross-site", true, true},
		"any, sandboxed":                    {[]string{"*"}, "null", "cross-site", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, hawser.Options{Origins: c.origins})
			origin := strings.ReplaceAll(c.origin, "own", s.http.URL)
			for _, path := range paths {
				response, body := s.from(origin, c.site, http.MethodPost, path)
				if c.allowed {
					assert.NotEqual(t, http.StatusForbidden, response.StatusCode, path)
				} else {
					assert.Equal(t, http.StatusForbidden, response.StatusCode, path)
					line := `hawser.Options{Origins: []string{"` + origin + `"}}`
					assert.Contains(t, body, line, "what to add")
					assert.Equal(t, 1, strings.Count(s.logs.String(), `Origins: []string{\"`+origin), "the log says it once")
				}
				preflight, _ := s.from(origin, c.site, http.MethodOptions, path)
				for _, r := range []*http.Response{response, preflight} {
					if c.cors {
						assert.Equal(t, origin, r.Header.Get("Access-Control-Allow-Origin"))
						assert.Equal(t, "true", r.Header.Get("Access-Control-Allow-Credentials"))
						assert.Contains(t, r.Header.Values("Vary"), "Origin")
					} else {
						assert.Empty(t, r.Header.Get("Access-Control-Allow-Origin"))
					}
				}
				if c.cors {
					assert.Equal(t, http.StatusNoContent, preflight.StatusCode)
					assert.Contains(t, preflight.Header.Get("Access-Control-Allow-Methods"), "POST")
				}
			}
		})
	}
}

func TestRefusedOriginsDoNotFillTheLog(t *testing.T) {
	s := newSite(t, hawser.Options{})
	told := func(origin string) bool {
		before := s.logs.String()
		r, _ := s.from(origin, "cross-site", http.MethodPost, "poll")
		require.Equal(t, http.StatusForbidden, r.StatusCode)
		return s.logs.String() != before
	}
	assert.False(t, told("https://"+strings.Repeat("a", 300)+".example"), "no page has that")
	for i := range 100 {
		require.True(t, told(fmt.Sprintf("https://%d.example", i)))
	}
	assert.False(t, told("https://one-more.example"))
}

func TestMalformedOriginIsAMistakeInTheProgram(t *testing.T) {
	for _, origin := range []string{"app.example.com", "https://app.example.com/path", ""} {
		assert.Panics(t, func() { hawser.New(hawser.Options{Origins: []string{origin}}) }, origin)
	}
}
