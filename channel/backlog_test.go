package channel

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a backlog keeps is what a list keeps that is searched from its beginning.
func TestBacklogKeepsTheLatestOfEachKeyInOrder(t *testing.T) {
	type entry struct {
		thing int
		key   string
	}
	r := rand.New(rand.NewPCG(1, 1))
	for keys := 1; keys < 100; keys += 7 {
		var b backlog[int]
		var want []entry
		for thing := range 1000 {
			key := ""
			if n := r.IntN(keys + 1); n > 0 {
				key = strconv.Itoa(n)
				want = slices.DeleteFunc(want, func(e entry) bool { return e.key == key })
			}
			want = append(want, entry{thing, key})
			b.add(thing, key, thing)
			if r.IntN(200) == 0 {
				want = nil
				b.clear()
			}
			var got []int
			bytes := 0
			for thing, size := range b.all {
				got, bytes = append(got, thing), bytes+size
			}
			require.Len(t, got, len(want))
			for i, e := range want {
				require.Equal(t, e.thing, got[i])
			}
			require.Equal(t, len(want), b.len())
			require.Equal(t, bytes, b.bytes)
			require.LessOrEqual(t, len(b.items), 2*len(want)+18, "holes take little")
		}
	}
}

func TestBacklogTakesAnyOneThing(t *testing.T) {
	var b backlog[int]
	require.True(t, b.fits(1000, 2, 10))
	b.add(1, "", 4)
	require.True(t, b.fits(6, 2, 10))
	require.False(t, b.fits(7, 2, 10))
	b.add(2, "", 1)
	require.False(t, b.fits(0, 2, 10))
}
