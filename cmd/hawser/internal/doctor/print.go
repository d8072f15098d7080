package doctor

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Print writes the report for a person, with colours if asked for.
func (r *Report) Print(w io.Writer, colours bool) error {
	p := &printer{colours: colours}
	p.line("%s", p.paint(bold, r.URL))
	p.line("")
	for _, t := range r.Transports {
		p.transport(r, t)
	}
	if r.RoundTrip.Median > 0 || len(r.Proxies) > 0 {
		p.line("")
	}
	if r.RoundTrip.Median > 0 {
		trip := r.RoundTrip
		p.line("  round trip   %v; over a new connection %v; the slowest %v", trip.Median, trip.First, trip.Max)
		p.line("  rate         up %s, down %s", perSecond(r.Rate.Up), perSecond(r.Rate.Down))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Proxies)) {
		p.line("  a proxy?     %s: %s", name, plain(r.Proxies[name]))
	}
	for _, f := range r.together() {
		where := ""
		if f.Transport != "" {
			where = " (" + f.Transport + ")"
		}
		p.line("")
		p.line("%s%s: %s", p.paint(yellow, f.Name), where, plain(f.Detail))
		p.line("  %s", f.Advice)
	}
	p.line("")
	verdict := map[string]string{
		Healthy: p.paint(green, "Healthy.") + " Every transport works.", Down: p.paint(red, "Down.") + " No transport works.",
		Impaired: p.paint(yellow, "Impaired.") + " It works, and something is in the way.",
	}[r.Verdict]
	p.line("%s (%v)", verdict, r.Took)
	_, err := io.WriteString(w, p.text.String())
	return err
}

// together returns the findings, those that say the same of several transports as one that names them all, in the order of Transports.
func (r *Report) together() []Finding {
	var all []Finding
	for _, f := range r.Findings {
		same := func(g Finding) bool { return g.Name == f.Name && g.Detail == f.Detail && g.Advice == f.Advice }
		if slices.ContainsFunc(all, same) {
			continue
		}
		var names []string
		for _, t := range r.Transports {
			if slices.ContainsFunc(r.Findings, func(g Finding) bool { return same(g) && g.Transport == t.Name }) {
				names = append(names, t.Name)
			}
		}
		f.Transport = strings.Join(names, ", ")
		all = append(all, f)
	}
	return all
}

// String implements fmt.Stringer.
func (m Millis) String() string {
	return round(time.Duration(float64(m) * float64(time.Millisecond))).String()
}

type printer struct {
	colours bool
	text    strings.Builder
}

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

func (p *printer) transport(r *Report, t Transport) {
	troubled := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Transport == t.Name })
	switch {
	case !t.Works:
		p.line("  %s %-10s does not work", p.paint(red, "✗"), t.Name)
	case troubled:
		p.line("  %s %-10s welcome after %v; see below", p.paint(yellow, "!"), t.Name, t.Welcome)
	default:
		p.line("  %s %-10s welcome after %v", p.paint(green, "✓"), t.Name, t.Welcome)
	}
}

// The colours are ANSI's.
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
)

func (p *printer) paint(colour, text string) string {
	if !p.colours {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// plain takes control characters out of what came from the network: a terminal would obey them.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 {
			return '·'
		}
		return r
	}, s)
}
