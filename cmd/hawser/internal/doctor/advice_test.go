package doctor

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hawser-go/hawser/internal/netlab"
)

func TestEveryFindingIsDocumented(t *testing.T) {
	docs, err := os.ReadFile("../../../../docs/doctor.md")
	require.NoError(t, err)
	for name := range advice {
		assert.Contains(t, string(docs), "`"+name+"`")
	}
}

func TestEveryFaultHasAdviceAndDocumentation(t *testing.T) {
	docs, err := os.ReadFile("../../../../docs/netlab.md")
	require.NoError(t, err)
	for _, name := range netlab.Names() {
		assert.Contains(t, string(docs), "| `"+name+"` |")
		assert.NotEmpty(t, advice[name], name)
	}
}
