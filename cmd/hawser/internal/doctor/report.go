package doctor

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// A Report is what an examination found.
type Report struct {
	URL string `json:"url"`
	// Verdict is "healthy", "impaired" (it works, and something is wrong) or "down" (no transport works).
	Verdict    string            `json:"verdict"`
	Transports []Transport       `json:"transports"`
	Findings   []Finding         `json:"findings"`
	RoundTrip  RoundTrip         `json:"roundTrip"`
	Rate       Rate              `json:"rate"`
	Proxies    map[string]string `json:"proxies"` // headers that reveal what stands between, and their values
	Took       Millis            `json:"took"`
}

// Millis are milliseconds in JSON.
type Millis float64

func millis(d time.Duration) Millis { return Millis(d.Microseconds()) / 1000 }

// A Transport is one way to be connected.
type Transport struct {
	Name  string `json:"name"` // "websocket", "sse", "polling"
	Works bool   `json:"works"`
	// Welcome is the time from nothing to the server's welcome, if it came.
	Welcome Millis `json:"welcome"`
}

// RoundTrip is the time of requests. All 0: none was answered.
type RoundTrip struct {
	First  Millis `json:"first"` // over a new connection
	Median Millis `json:"median"`
	Max    Millis `json:"max"`
}

// Rate is in bytes a second; 0: too fast to say, or not known.
type Rate struct {
	Up   int `json:"up"`
	Down int `json:"down"`
}

// A Finding is something that is wrong.
type Finding struct {
	Name      string `json:"name"`      // one of Names
	Transport string `json:"transport"` // "": all
	Detail    string `json:"detail"`    // what was seen
	Advice    string `json:"advice"`    // what to change
}

// Verdicts.
const (
	Healthy  = "healthy"
	Impaired = "impaired"
	Down     = "down"
)

// ExitCode is 0 for healthy, 1 for impaired, 2 for down.
func (r *Report) ExitCode() int {
	return map[string]int{Healthy: 0, Impaired: 1, Down: 2}[r.Verdict]
}

// A chart gathers what becomes the report. Its methods may be called at the same time.
type chart struct {
	mu sync.Mutex
	r  Report
}

func newChart(url string) *chart {
	return &chart{r: Report{
		URL: url, Findings: []Finding{}, Proxies: map[string]string{},
		Transports: []Transport{{Name: webSocketName}, {Name: streamName}, {Name: pollingName}},
	}}
}

// found notes a finding, once a transport.
func (c *chart) found(name, transport, detail string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	same := func(f Finding) bool { return f.Name == name && f.Transport == transport }
	if !slices.ContainsFunc(c.r.Findings, same) {
		c.r.Findings = append(c.r.Findings, Finding{name, transport, detail, advice[name]})
	}
}

// rename changes what a finding is called, when more is known.
func (c *chart) rename(from, to, transport string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, f := range c.r.Findings {
		if f.Name == from && f.Transport == transport {
			c.r.Findings[i].Name, c.r.Findings[i].Advice = to, advice[to]
		}
	}
}

// welcomed notes that a transport brought the server's welcome.
func (c *chart) welcomed(name string, after time.Duration) {
	c.change(name, func(t *Transport) { t.Works, t.Welcome = true, millis(after) })
}

// failed notes that a transport cannot be used after all.
func (c *chart) failed(name string) { c.change(name, func(t *Transport) { t.Works = false }) }

func (c *chart) change(name string, change func(*Transport)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.r.Transports {
		if c.r.Transports[i].Name == name {
			change(&c.r.Transports[i])
		}
	}
}

// requestsPass reports whether polling works, which is examined before the others.
func (c *chart) requestsPass() (pass bool) {
	c.change(pollingName, func(t *Transport) { pass = t.Works })
	return pass
}

func (c *chart) has(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.r.Findings, func(f Finding) bool { return f.Name == name })
}

func (c *chart) measured(set func(*Report)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set(&c.r)
}

func (c *chart) report(took time.Duration) *Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.r.Took = millis(took)
	slices.SortStableFunc(c.r.Findings, func(a, b Finding) int { return strings.Compare(a.Transport, b.Transport) })
	working := 0
	for _, t := range c.r.Transports {
		if t.Works {
			working++
		}
	}
	switch {
	case working == 0:
		c.r.Verdict = Down
	case len(c.r.Findings) > 0 || working < len(c.r.Transports):
		c.r.Verdict = Impaired
	default:
		c.r.Verdict = Healthy
	}
	return &c.r
}
