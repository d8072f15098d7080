package repotest

import (
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/hawser-go/hawser"

// A layer is a folder, with those below it, and what its packages may import of ours. Imports point one way: towards the logs and
// the codecs, which import nothing.
type layer struct {
	folder  string
	imports []string // folders; "x/..." means x and below it
}

// layers goes from the leaves up. The longest folder that fits a package counts. Every package may import what is below its own
// internal folder.
var layers = []layer{
	{"codec", nil},
	{"codec/codectest", []string{"codec"}},
	{"session", nil},
	{"broker", nil},
	{"broker/memory", []string{"broker"}},
	{"broker/brokertest", []string{"broker"}},
	{"presence", []string{"broker"}},
	{"channel", []string{"broker", "codec", "session"}},
	{"transport", []string{"codec"}},
	// One transport does not know another; what two share is a package below transport.
	{"transport/internal", []string{"codec", "transport", "transport/internal/..."}},
	{"transport/uplink", []string{"codec", "transport", "transport/internal/..."}},
	{"transport/websocket", []string{"codec", "internal/hands", "transport", "transport/internal/..."}},
	{"transport/sse", []string{"codec", "transport", "transport/uplink", "transport/internal/..."}},
	{"transport/polling", []string{"codec", "transport", "transport/uplink", "transport/internal/..."}},
	{"transport/transporttest", []string{"codec", "transport/..."}},
	{"client-js", nil},
	{"client-js/test", []string{"."}},
	{"internal/hands", nil},
	{"internal/line", []string{"channel", "codec", "session", "transport"}},
	{"internal/netlab", []string{"internal/netlab/..."}},
	{"internal/repotest", nil},
	{"internal/wiretest", []string{"codec"}},
	{".", []string{"broker/...", "channel", "client-js", "codec", "internal/hands", "internal/line", "presence", "session", "transport/..."}},
	{"hawsertest", []string{".", "codec", "transport/..."}},
	{"middleware", []string{"."}},
	{"adapters", []string{".", "codec"}},
	{"examples", []string{".", "adapters/...", "codec", "examples/internal/...", "middleware/..."}},
	{"examples/internal", []string{"."}},
	{"cmd", []string{".", "adapters/...", "codec", "internal/netlab", "middleware/..."}},
}

// outside says which package may import which dependency. What is not here nobody may import, and tests alone may use the testOnly.
var (
	outside = map[string][]string{
		"github.com/gorilla/websocket":        {"transport/websocket", "internal/wiretest", "cmd/hawser/internal/doctor"},
		"github.com/labstack/echo/v4":         {"adapters/echo"},
		"github.com/vmihailenco/msgpack/v5":   {"codec"},
		"github.com/stretchr/testify/assert":  nil,
		"github.com/stretchr/testify/require": nil,
		"go.uber.org/goleak":                  nil,
	}
	testOnly = []string{"github.com/stretchr/testify/assert", "github.com/stretchr/testify/require", "go.uber.org/goleak"}
)

// forbidden returns why the package in folder must not import what it imports, or "".
func forbidden(folder, imported string, test bool) string {
	if ours, ok := strings.CutPrefix(imported, module); ok && (ours == "" || ours[0] == '/') {
		return forbiddenOurs(folder, path.Join(".", strings.TrimPrefix(ours, "/")), test)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return "" // the standard library
	}
	users, known := outside[imported]
	switch {
	case !known:
		for dependency := range outside {
			if strings.HasPrefix(imported, dependency+"/") {
				return forbidden(folder, dependency, test)
			}
		}
		return "this module has few dependencies, and that is not one of them"
	case slices.Contains(testOnly, imported):
		if !test && !isKit(folder) {
			return "only tests may"
		}
	case !test && !slices.Contains(users, folder):
		return "only " + strings.Join(users, ", ") + " may"
	}
	return ""
}

func forbiddenOurs(folder, imported string, test bool) string {
	l := layerOf(folder)
	switch {
	case l == nil:
		return folder + " has no place among the layers yet: give it one in this test"
	case imported == folder, strings.HasPrefix(imported, path.Join(folder, "internal")+"/"):
		return ""
	case test && (isKit(imported) || imported == l.folder):
		return "" // a contract suite, and a test outside of its package
	case test && layerOf(imported) != nil && above(l.folder, layerOf(imported).folder):
		return l.folder + " is a leaf: its tests do without what stands above it"
	case test:
		return ""
	}
	for _, allowed := range l.imports {
		if below, ok := strings.CutSuffix(allowed, "/..."); imported == below || ok && strings.HasPrefix(imported, below+"/") {
			return ""
		}
	}
	return l.folder + " may import only [" + strings.Join(l.imports, " ") + "] of ours"
}

// isKit reports whether the package is made for tests to use, like net/http/httptest.
func isKit(folder string) bool { return strings.HasSuffix(folder, "test") }

// above reports whether a package in folder other stands above one in folder: it imports it, directly or not.
func above(folder, other string) bool {
	l := layerOf(other)
	return other != folder && slices.ContainsFunc(l.imports, func(allowed string) bool {
		below := strings.TrimSuffix(allowed, "/...")
		return below == folder || below != other && above(folder, below)
	})
}

func layerOf(folder string) *layer {
	var best *layer
	for i, l := range layers {
		fits := folder == l.folder || l.folder != "." && strings.HasPrefix(folder, l.folder+"/")
		if fits && (best == nil || len(l.folder) > len(best.folder)) {
			best = &layers[i]
		}
	}
	return best
}

// goFiles returns the Go files of this module: folders with a go.mod of their own are others.
func goFiles(t *testing.T, root string) []string {
	t.Helper()
	return files(t, root, func(p string) bool {
		if !strings.HasSuffix(p, ".go") || strings.Contains(p, "testdata/") {
			return false
		}
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			if _, err := os.Stat(filepath.Join(root, dir, "go.mod")); err == nil {
				return false
			}
		}
		return true
	})
}

func TestImportsPointOneWay(t *testing.T) {
	root := root(t)
	for _, file := range goFiles(t, root) {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ImportsOnly)
		require.NoError(t, err)
		folder := path.Dir(file)
		assert.NotNil(t, layerOf(folder), "%s has no place among the layers yet: give it one in this test", folder)
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if why := forbidden(folder, imported, strings.HasSuffix(file, "_test.go")); why != "" {
				t.Errorf("%s must not import %s: %s", file, imported, why)
			}
		}
	}
}

// TestTheGuard asks about imports that are known to be right or wrong.
func TestTheGuard(t *testing.T) {
	for _, c := range []struct {
		folder, imported string
		test, ok         bool
	}{
		{"codec", "fmt", false, true},
		{"codec", module + "/session", false, false},
		{"codec", "github.com/vmihailenco/msgpack/v5", false, true},
		{"codec", "github.com/vmihailenco/msgpack/v5/msgpcode", false, true},
		{"codec", "github.com/vmihailenco/msgpack", false, false},
		{"codec", module + "/codec/codectest", true, true},
		{"codec", module, true, false},
		{"session", module + "/codec", false, false},
		{"session", "github.com/stretchr/testify/assert", false, false},
		{"session", "github.com/stretchr/testify/assert", true, true},
		{"session", "golang.org/x/sync/errgroup", true, false},
		{"channel", module + "/session", false, true},
		{"channel", module + "/transport", false, false},
		{"channel", module + "/internal/line", true, false},
		{"transport", module + "/transport/sse", false, false},
		{"transport", module + "/transport/internal/x", false, true},
		{"transport/sse", module + "/transport/uplink", false, true},
		{"transport/sse", module + "/transport/websocket", false, false},
		{"transport/sse", module + "/session", false, false},
		{"transport/sse", module + "/transport/transporttest", true, true},
		{"transport/sse", module + "/transport/transporttest", false, false},
		{"transport/websocket", "github.com/gorilla/websocket", false, true},
		{"transport/polling", "github.com/gorilla/websocket", false, false},
		{"transport/transporttest", "github.com/stretchr/testify/require", false, true},
		{"internal/line", module + "/session", false, true},
		{"internal/line", module, false, false},
		{".", module + "/internal/line", false, true},
		{".", module + "/adapters/echo", false, false},
		{".", module + "/middleware", false, false},
		{"adapters/echo", module, false, true},
		{"adapters/echo", "github.com/labstack/echo/v4", false, true},
		{"adapters/echo", "github.com/labstack/echo/v4/middleware", true, true},
		{"adapters/gin", "github.com/labstack/echo/v4", false, false},
		{"adapters/echo", module + "/session", false, false},
		{"examples/chat", module + "/adapters/echo", false, true},
		{"examples/chat", module + "/examples/internal/serve", false, true},
		{"examples/chat", module + "/examples/lab", false, false},
		{"examples/internal/serve", module, false, true},
		{"elsewhere", module, false, false},
		{"codec", module + "x/y", false, false},
	} {
		why := forbidden(c.folder, c.imported, c.test)
		assert.Equal(t, c.ok, why == "", "%s imports %s (test: %v): %s", c.folder, c.imported, c.test, why)
	}
}
