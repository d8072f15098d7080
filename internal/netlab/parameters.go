package netlab

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// parameters are a fault's parameters by name, on their way from text or to text: each fault names its fields once, for both.
type parameters struct {
	given   map[string]string // nil: writing
	written []string
	errs    []string
}

func visit[T comparable](p *parameters, name string, field *T, parse func(string) (T, error), format func(T) string) {
	var zero T
	if p.given == nil {
		if *field != zero {
			p.written = append(p.written, name+"="+format(*field))
		}
		return
	}
	text, ok := p.given[name]
	if !ok {
		return
	}
	delete(p.given, name)
	v, err := parse(text)
	if err != nil {
		p.errs = append(p.errs, fmt.Sprintf("%s: %q %v", name, text, err))
		return
	}
	*field = v
}

func (p *parameters) duration(name string, field *time.Duration) {
	visit(p, name, field, func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 || d > maxDuration {
			return 0, fmt.Errorf("is no duration from 0s to %v", maxDuration)
		}
		return d, nil
	}, time.Duration.String)
}

// maxDuration keeps sums of durations far from overflowing.
const maxDuration = 24 * time.Hour

func (p *parameters) integer(name string, field *int) {
	visit(p, name, field, func(s string) (int, error) {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n < 0 {
			return 0, errors.New("is no integer from 0 to 2147483647")
		}
		return int(n), nil
	}, strconv.Itoa)
}

func (p *parameters) probability(name string, field *float64) {
	visit(p, name, field, func(s string) (float64, error) {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || !(f > 0 && f <= 1) {
			return 0, errors.New("is no number over 0 and up to 1")
		}
		return f, nil
	}, func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) })
}

func (p *parameters) text(name string, field *string) {
	visit(p, name, field, func(s string) (string, error) {
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7F }) {
			return "", errors.New("is not of printable ASCII without spaces")
		}
		return s, nil
	}, func(s string) string { return s })
}

func (p *parameters) direction(field *Direction) {
	choice(p, "direction", field, []string{"both", "up", "down"})
}

func (p *parameters) ending(field *Ending) {
	choice(p, "by", field, []string{"fin", "rst"})
}

func (p *parameters) traffic(field *Traffic) {
	choice(p, "only", field, []string{"anything", "requests", "streams", "websockets"})
}

// choice is a number that has names.
func choice[T ~uint8](p *parameters, name string, field *T, names []string) {
	visit(p, name, field, func(s string) (T, error) {
		i := slices.Index(names, s)
		if i < 0 {
			return 0, fmt.Errorf("is none of %s", strings.Join(names, ", "))
		}
		return T(i), nil
	}, func(v T) string { return names[v] })
}

// need refuses a fault that would be none.
func (p *parameters) need(given bool, what string) {
	if p.given != nil && !given {
		p.errs = append(p.errs, what+" is needed")
	}
}

// err says what could not be understood.
func (p *parameters) err() error {
	for _, unknown := range slices.Sorted(maps.Keys(p.given)) {
		p.errs = append(p.errs, unknown+": there is no such parameter")
	}
	if len(p.errs) == 0 {
		return nil
	}
	return errors.New(strings.Join(p.errs, "; "))
}
