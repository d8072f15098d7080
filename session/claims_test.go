package session_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hawser-go/hawser/session"
)

// taken asks for wire, and reports what Take did.
func taken(c *session.Claims[string], wire string, claim uint64) (taken bool, displaced string) {
	displaced, taken = c.Take(wire, claim)
	return taken, displaced
}

func TestTheFirstOfARaceTakesTheSession(t *testing.T) {
	var c session.Claims[string]
	assert.Empty(t, c.InUse())
	ok, _ := taken(&c, "stream", 1)
	assert.True(t, ok)
	ok, _ = taken(&c, "websocket", 1)
	assert.False(t, ok, "an equal claim is a standby while there is a wire in use")
	assert.Equal(t, "stream", c.InUse())
	assert.EqualValues(t, 1, c.Last())
}

func TestAHigherClaimDisplaces(t *testing.T) {
	var c session.Claims[string]
	taken(&c, "half open", 1)
	ok, displaced := taken(&c, "new", 2)
	assert.True(t, ok)
	assert.Equal(t, "half open", displaced)
	assert.False(t, c.Release("half open"), "its end is no matter any more")
	assert.Equal(t, "new", c.InUse())
}

func TestAStaleClaimTakesNothing(t *testing.T) {
	var c session.Claims[string]
	taken(&c, "a", 5)
	for _, claim := range []uint64{0, 1, 4, 5} {
		ok, displaced := taken(&c, "delayed", claim)
		assert.False(t, ok, "claim %d", claim)
		assert.Empty(t, displaced)
	}
	assert.True(t, c.Release("a"))
	ok, _ := taken(&c, "delayed", 4)
	assert.False(t, ok, "a claim that was passed stays passed, also while no wire is in use")
	assert.Empty(t, c.InUse())
	ok, _ = taken(&c, "probe", 5)
	assert.True(t, ok, "an equal one is good then")
}

func TestAWireMayTakeAgain(t *testing.T) {
	var c session.Claims[string]
	taken(&c, "poll", 1)
	ok, displaced := taken(&c, "poll", 2)
	assert.True(t, ok)
	assert.Empty(t, displaced, "it does not displace itself")
	assert.EqualValues(t, 2, c.Last())
}

func TestReleaseOfWhatIsNotInUse(t *testing.T) {
	var c session.Claims[string]
	assert.False(t, c.Release(""), "the zero wire is no wire")
	taken(&c, "a", 1)
	assert.True(t, c.Release("a"))
	assert.False(t, c.Release("a"))
}
