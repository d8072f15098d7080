package netlab

import (
	"fmt"
	"reflect"
	"strings"
)

// kinds are all faults, as they are when they are only named.
var kinds = []Fault{
	Latency{Up: defaultLatency, Down: defaultLatency},
	Bandwidth{Up: defaultRate, Down: defaultRate},
	Silence{},
	UpgradeRefused{Status: 403},
	UpgradeSwallowed{},
	FramesDropped{},
	Stalled{After: 1},
	Buffered{},
	AnswersLost{},
	Replayed{},
	Duplicated{},
	Cut{Bytes: defaultCut},
	HalfOpen{After: defaultAge},
	IdleTimeout{After: defaultAge},
	BadGateway{},
	CaptivePortal{},
	Redirected{},
	Truncated{Bytes: defaultTruncation},
	Gzipped{},
}

// Names returns the names of all faults.
func Names() []string {
	names := make([]string, len(kinds))
	for i, f := range kinds {
		names[i] = f.Name()
	}
	return names
}

// Parse reads faults from text: names separated by commas, each with its parameters, as in "latency:up=50ms:jitter=10ms,upgrade-swallowed". A fault without any
// parameter has those that docs/netlab.md calls its default; one with some has those and no others. An empty text is no fault.
func Parse(text string) ([]Fault, error) {
	var faults []Fault
	for _, one := range strings.Split(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		f, err := parseOne(one)
		if err != nil {
			return nil, err
		}
		faults = append(faults, f)
	}
	return faults, nil
}

func parseOne(text string) (Fault, error) {
	name, rest, some := strings.Cut(text, ":")
	for _, kind := range kinds {
		if kind.Name() != name {
			continue
		}
		if !some {
			return kind, nil
		}
		given := map[string]string{}
		for _, pair := range parameterList(rest) {
			key, value, _ := strings.Cut(pair, "=")
			if _, twice := given[key]; twice {
				return nil, fmt.Errorf("netlab: %s: %q is given twice", name, key)
			}
			given[key] = value
		}
		p := &parameters{given: given}
		f := reflect.Zero(reflect.TypeOf(kind)).Interface().(Fault).with(p)
		if err := p.err(); err != nil {
			return nil, fmt.Errorf("netlab: %s: %w", name, err)
		}
		return f, nil
	}
	return nil, fmt.Errorf("netlab: there is no fault %q, only %s", name, strings.Join(Names(), ", "))
}

func parameterList(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ":")
}

// Format is what Parse reads.
func Format(faults ...Fault) string {
	texts := make([]string, len(faults))
	for i, f := range faults {
		p := new(parameters)
		f.with(p)
		texts[i] = strings.Join(append([]string{f.Name()}, p.written...), ":")
		if len(p.written) == 0 && !isKind(f) {
			texts[i] += ":" // none given, which is not the default
		}
	}
	return strings.Join(texts, ",")
}

func isKind(f Fault) bool {
	for _, kind := range kinds {
		if kind == f {
			return true
		}
	}
	return false
}
