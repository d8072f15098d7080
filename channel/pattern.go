package channel

import (
	"errors"
	"fmt"
	"strings"
)

// A Pattern describes names of channels: "chat:{room}".
//
// Names and patterns are cut at each ':' into segments, and segments are compared one by one:
//
//	lobby      a literal: exactly that
//	{room}     a parameter: one whole segment, not empty, so never with a ':' in it
//	{path...}  the rest: one or more characters to the end, ':' included; only as the last segment
//
// A parameter is a whole segment or nothing ("room-{id}" is an error), is named like a Go identifier in ASCII, and no two
// have the same name. The zero Pattern matches nothing. A Pattern is immutable.
type Pattern struct {
	text     string
	segments []segment
	params   int
}

type segmentKind uint8

const (
	literal segmentKind = iota
	param
	rest
)

type segment struct {
	kind segmentKind
	text string // the literal, or the parameter's name
}

// A PatternError says what is wrong with a pattern.
type PatternError struct {
	Pattern string
	Reason  string
}

func (e *PatternError) Error() string {
	return fmt.Sprintf("hawser: the channel pattern %q is not valid: %s", e.Pattern, e.Reason)
}

// Compile parses a pattern. Its errors are a *PatternError.
func Compile(pattern string) (Pattern, error) {
	if err := ValidName(pattern); err != nil {
		return Pattern{}, &PatternError{pattern, errors.Unwrap(err).Error()}
	}
	p := Pattern{text: pattern}
	seen := map[string]bool{}
	for text := range strings.SplitSeq(pattern, ":") {
		if n := len(p.segments); n > 0 && p.segments[n-1].kind == rest {
			return Pattern{}, &PatternError{pattern, "{" + p.segments[n-1].text + "...} is not the last segment"}
		}
		s, reason := parseSegment(text)
		if reason != "" {
			return Pattern{}, &PatternError{pattern, reason}
		}
		if s.kind != literal {
			if seen[s.text] {
				return Pattern{}, &PatternError{pattern, "two parameters are called " + s.text}
			}
			seen[s.text] = true
			p.params++
		}
		p.segments = append(p.segments, s)
	}
	return p, nil
}

func parseSegment(text string) (s segment, reason string) {
	name, opened := strings.CutPrefix(text, "{")
	name, closed := strings.CutSuffix(name, "}")
	if !opened || !closed {
		if strings.ContainsAny(text, "{}") {
			return s, fmt.Sprintf("a parameter must be a whole segment, {name} between colons, unlike %q", text)
		}
		return segment{literal, text}, ""
	}
	kind := param
	if before, ok := strings.CutSuffix(name, "..."); ok {
		kind, name = rest, before
	}
	if !identifier(name) {
		return s, fmt.Sprintf("%q is not a parameter's name: letters, digits and _, not a digit first", name)
	}
	return segment{kind, name}, ""
}

func identifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Match reports whether name, which must be a valid name, fits the pattern, and with which parameters.
func (p Pattern) Match(name string) (Params, bool) {
	var params Params
	if p.params > 0 {
		params = make(Params, 0, p.params)
	}
	more := len(p.segments) > 0
	for _, s := range p.segments {
		if !more {
			return nil, false
		}
		value, after, found := strings.Cut(name, ":")
		if s.kind == rest {
			value, after, found = name, "", false
		}
		if s.kind == literal && value != s.text || s.kind != literal && value == "" {
			return nil, false
		}
		if s.kind != literal {
			params = append(params, Param{s.text, value})
		}
		name, more = after, found
	}
	if more || len(p.segments) == 0 {
		return nil, false
	}
	return params, true
}
