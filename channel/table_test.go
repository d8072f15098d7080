package channel_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/channel"
)

func TestTableTakesTheMostSpecific(t *testing.T) {
	patterns := []string{
		"{all...}", "{one}", "news", "chat:{room}", "chat:lobby", "chat:{room}:{topic}", "chat:{room}:pinned",
		"chat:lobby:{topic}", "chat:{path...}", "a:{x}:c", "a:b:{y...}",
	}
	wants := map[string]string{
		"news":                "news",
		"other":               "{one}",
		"other:x":             "{all...}",
		"chat:lobby":          "chat:lobby",
		"chat:go":             "chat:{room}",
		"chat:":               "{all...}",
		"chat:go:x":           "chat:{room}:{topic}",
		"chat:go:pinned":      "chat:{room}:pinned",
		"chat:lobby:x":        "chat:lobby:{topic}",
		"chat:lobby:pinned":   "chat:lobby:{topic}",
		"chat:lobby:pinned:2": "chat:{path...}",
		"a:b:c":               "a:b:{y...}",
		"a:z:c":               "a:{x}:c",
		"a:z:d":               "{all...}",
	}
	for shift := range patterns { // the order of adding must not count
		var table channel.Table[string]
		for i := range patterns {
			p := patterns[(i+shift)%len(patterns)]
			require.NoError(t, table.Add(p, p))
		}
		for name, want := range wants {
			got, _, ok := table.Match(name)
			assert.True(t, ok, name)
			assert.Equal(t, want, got, name)
		}
		_, _, ok := table.Match("news\x00")
		assert.False(t, ok, "a name that is not valid matches nothing")
	}
}

func TestTableRefusesWhatMatchesTheSame(t *testing.T) {
	var table channel.Table[int]
	for i, p := range []string{"chat:{room}", "chat:lobby", "{all...}"} {
		require.NoError(t, table.Add(p, i))
	}
	for again, existing := range map[string]string{
		"chat:{name}":   "chat:{room}",
		"chat:lobby":    "chat:lobby",
		"{whatever...}": "{all...}",
	} {
		err := table.Add(again, 9)
		var conflict *channel.ConflictError
		require.ErrorAs(t, err, &conflict)
		assert.Equal(t, &channel.ConflictError{Pattern: again, Existing: existing}, conflict)
	}
	var refused *channel.PatternError
	require.ErrorAs(t, table.Add("chat:{", 9), &refused)

	value, params, ok := table.Match("chat:go")
	assert.True(t, ok)
	assert.Equal(t, 0, value, "what was refused changed nothing")
	assert.Equal(t, channel.Params{{"room", "go"}}, params)
}

func TestZeroTable(t *testing.T) {
	var table channel.Table[int]
	_, _, ok := table.Match("a")
	assert.False(t, ok)
}

func TestTableWhileItGrows(t *testing.T) {
	var table channel.Table[int]
	require.NoError(t, table.Add("n0:{x}", 0))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 100 {
				assert.NoError(t, table.Add(fmt.Sprintf("w%d:n%d:{x}", w, i), i))
				_, _, ok := table.Match("n0:a")
				assert.True(t, ok)
			}
		})
	}
	wg.Wait()
	for w := range 4 {
		for i := range 100 {
			value, _, ok := table.Match(fmt.Sprintf("w%d:n%d:v", w, i))
			assert.True(t, ok)
			assert.Equal(t, i, value)
		}
	}
}

// TestTableOverlaps asks for a name that leads into every branch of patterns that overlap as much as they can.
func TestTableOverlaps(t *testing.T) {
	var table channel.Table[int]
	const depth = 10
	for bits := range 1 << depth {
		var segments []string
		for i := range depth {
			if bits>>i&1 == 0 {
				segments = append(segments, "a")
			} else {
				segments = append(segments, fmt.Sprintf("{p%d}", i))
			}
		}
		require.NoError(t, table.Add(strings.Join(segments, ":")+":end", bits))
	}
	_, _, ok := table.Match(strings.Repeat("a:", depth) + "other")
	assert.False(t, ok)
	value, _, ok := table.Match(strings.Repeat("a:", depth) + "end")
	assert.True(t, ok)
	assert.Zero(t, value)
}

func BenchmarkTableMatch(b *testing.B) {
	for _, n := range []int{1, 100, 10000} {
		b.Run(fmt.Sprintf("patterns=%d", n), func(b *testing.B) {
			var table channel.Table[int]
			for i := range n {
				require.NoError(b, table.Add(fmt.Sprintf("kind%d:{id}", i), i))
			}
			b.ReportAllocs()
			for b.Loop() {
				table.Match("kind0:42")
			}
		})
	}
}
