package age_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hawser-go/hawser/transport/internal/age"
)

func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		assert.Zero(t, age.Ends(0))
		assert.Zero(t, age.Ends(-time.Second))
		earliest, latest := time.Hour, time.Duration(0)
		for range 1000 {
			lasts := time.Until(age.Ends(time.Minute))
			earliest, latest = min(earliest, lasts), max(latest, lasts)
		}
		assert.GreaterOrEqual(t, earliest, 45*time.Second)
		assert.LessOrEqual(t, latest, time.Minute)
		assert.Greater(t, latest-earliest, 10*time.Second, "spread by chance")
		assert.GreaterOrEqual(t, time.Until(age.Ends(1)), 3*time.Second, "long enough to move")
	})
}
