package channel_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/channel"
)

func TestPatternMatch(t *testing.T) {
	type params = channel.Params
	for _, c := range []struct {
		pattern, name string
		want          params // nil: no match
	}{
		{"lobby", "lobby", params{}},
		{"lobby", "lobby2", nil},
		{"lobby", "lobby:x", nil},
		{"chat:{room}", "chat:go", params{{"room", "go"}}},
		{"chat:{room}", "chat:", nil},
		{"chat:{room}", "chat", nil},
		{"chat:{room}", "chat:a:b", nil},
		{"chat:{room}", "chats:a", nil},
		{"chat:{room}", "chat:{room}", params{{"room", "{room}"}}},
		{"{any}", "news", params{{"any", "news"}}},
		{"{any}", "a:b", nil},
		{"game:{id}:moves", "game:7:moves", params{{"id", "7"}}},
		{"game:{id}:moves", "game::moves", nil},
		{"doc:{owner}:{path...}", "doc:ann:a:b:", params{{"owner", "ann"}, {"path", "a:b:"}}},
		{"doc:{owner}:{path...}", "doc:ann:", nil},
		{"doc:{owner}:{path...}", "doc:ann", nil},
		{"{all...}", ":", params{{"all", ":"}}},
		{"a::b", "a::b", params{}},
		{"a::b", "a:b", nil},
	} {
		p, err := channel.Compile(c.pattern)
		require.NoError(t, err)
		got, ok := p.Match(c.name)
		assert.Equal(t, c.want != nil, ok, "%s matches %s", c.pattern, c.name)
		assert.ElementsMatch(t, c.want, got, "%s matches %s", c.pattern, c.name)
		assert.Equal(t, c.pattern, p.String())
	}
	_, ok := channel.Pattern{}.Match("")
	assert.False(t, ok, "the zero pattern matches nothing")
}

func TestParamsValue(t *testing.T) {
	p := channel.Params{{"a", "1"}, {"b", "2"}}
	assert.Equal(t, "2", p.Value("b"))
	assert.Empty(t, p.Value("c"))
}

func TestCompileErrors(t *testing.T) {
	for pattern, reason := range map[string]string{
		"":                       "empty",
		"a\x00":                  "control",
		strings.Repeat("x", 256): "longer",
		"chat:{}":                "not a parameter's name",
		"chat:{...}":             "not a parameter's name",
		"chat:{1a}":              "not a parameter's name",
		"chat:{a-b}":             "not a parameter's name",
		"chat:{{a}}":             "not a parameter's name",
		"chat:{a b}":             "not a parameter's name",
		"chat:{room":             "whole segment",
		"chat:room}":             "whole segment",
		"room-{id}":              "whole segment",
		"{a}{b}":                 "not a parameter's name",
		"{a:b}":                  "whole segment",
		"{rest...}:x":            "not the last",
		"{rest...}:{more}":       "not the last",
		"{a}:{a}":                "two parameters",
		"{a}:{a...}":             "two parameters",
	} {
		_, err := channel.Compile(pattern)
		var refused *channel.PatternError
		require.ErrorAs(t, err, &refused, "%q", pattern)
		assert.Contains(t, refused.Reason, reason, "%q", pattern)
	}
}

var parameter = regexp.MustCompile(`\\\{[A-Za-z0-9_]+(\\\.\\\.\\\.)?\\\}`)

// FuzzPattern compares with the pattern written as a regular expression.
func FuzzPattern(f *testing.F) {
	f.Add("chat:{room}", "chat:go")
	f.Add("doc:{owner}:{path...}", "doc:a:b:c")
	f.Add("a::{b}", "a::b")
	f.Add("{a}:{b", "x:y")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		p, err := channel.Compile(pattern)
		if err != nil || channel.ValidName(name) != nil {
			return
		}
		expression := parameter.ReplaceAllStringFunc(regexp.QuoteMeta(pattern), func(s string) string {
			if strings.Contains(s, `\.`) {
				return "(.+)"
			}
			return "([^:]+)"
		})
		want := regexp.MustCompile(`\A(?s:` + expression + `)\z`).FindStringSubmatch(name)
		params, ok := p.Match(name)
		require.Equal(t, want != nil, ok, "%s as %s", pattern, expression)
		for i, p := range params {
			require.Equal(t, want[i+1], p.Value)
		}

		var table channel.Table[int]
		require.NoError(t, table.Add(pattern, 1))
		_, fromTable, found := table.Match(name)
		require.Equal(t, ok, found)
		require.Equal(t, params, fromTable)
	})
}
