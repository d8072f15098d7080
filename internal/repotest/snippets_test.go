package repotest

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A snippet is a fenced block of Go in the documentation. An HTML comment right before the fence, which a reader does not see, can say
//
//	<!-- snippet: with
//	type Say struct{ Text string }
//	-->
//
// to declare what the snippet takes for granted, or `<!-- snippet: skip, because … -->`.
type snippet struct {
	file string
	line int // of the first line of code
	code string
	with string
	skip string // the reason
}

var (
	fence   = regexp.MustCompile("(?ms)^```go *\n(.*?)^```")
	because = regexp.MustCompile(`^skip, because (\S.*)`)
)

func parseSnippets(file, markdown string) ([]snippet, error) {
	var found []snippet
	for _, m := range fence.FindAllStringSubmatchIndex(markdown, -1) {
		s := snippet{file: file, line: 1 + strings.Count(markdown[:m[2]], "\n"), code: markdown[m[2]:m[3]]}
		if marker, ok := markerBefore(markdown[:m[0]]); ok {
			with, isWith := strings.CutPrefix(marker, "with\n")
			skip := because.FindStringSubmatch(marker)
			switch {
			case isWith:
				s.with = with
			case skip != nil:
				s.skip = skip[1]
			default:
				return nil, fmt.Errorf("%s:%d: a marker is `with` and declarations, or `skip, because …`, not %q", file, s.line, marker)
			}
		}
		found = append(found, s)
	}
	return found, nil
}

// markerBefore returns what the comment says that text ends with, if it is a marker.
func markerBefore(text string) (marker string, ok bool) {
	text, ok = strings.CutSuffix(strings.TrimSpace(text), "-->")
	comment := text[strings.LastIndex(text, "<!--")+1:]
	marker, isMarker := strings.CutPrefix(comment, "!-- snippet: ")
	return strings.TrimSpace(marker), ok && isMarker
}

// known are the packages that a snippet may use without importing them.
var known = map[string]string{
	"channel": module + "/channel", "codec": module + "/codec", "hawser": module, "transport": module + "/transport",
	"context": "context", "errors": "errors", "expvar": "expvar", "fmt": "fmt", "http": "net/http", "json": "encoding/json", "log": "log", "os": "os",
	"slog": "log/slog", "strings": "strings", "atomic": "sync/atomic", "time": "time",
}

// program makes a file that compiles if the snippet is right: as it stands if it has a package clause; otherwise in package main, as
// declarations or as the body of a function, with the imports it needs.
func (s snippet) program() (string, error) {
	at := fmt.Sprintf("//line %s:%d\n", s.file, s.line)
	if strings.HasPrefix(strings.TrimSpace(s.code), "package ") || strings.Contains(s.code, "\npackage ") {
		return at + s.code, nil
	}
	var failures error
	for _, body := range []string{at + s.code, "func _() {\n" + at + s.code + "\n}\n"} {
		source := body + "\n//line " + s.file + ":1\n" + s.with
		parsed, err := parser.ParseFile(token.NewFileSet(), "", "package main\n"+source, 0)
		if err != nil {
			failures = errors.Join(failures, err)
			continue
		}
		return "package main\n" + missingImports(parsed) + source, nil
	}
	return "", failures
}

func missingImports(f *ast.File) string {
	used := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				used[x.Name] = true
			}
		}
		return true
	})
	for _, spec := range f.Imports {
		for name, path := range known {
			if spec.Path.Value == fmt.Sprintf("%q", path) {
				delete(used, name)
			}
		}
	}
	var imports []string
	for name := range used {
		if path := known[name]; path != "" {
			imports = append(imports, fmt.Sprintf("import %s %q\n", name, path))
		}
	}
	slices.Sort(imports)
	return strings.Join(imports, "")
}

// compile returns the compiler's complaints about programs, which it sees as packages of this module. What a snippet declares or imports
// and does not use is no fault.
func compile(t *testing.T, root string, programs map[string]string) []string {
	t.Helper()
	dir := t.TempDir()
	overlay := map[string]string{}
	args := []string{"build", "-gcflags=-e", "-overlay", filepath.Join(dir, "overlay.json")}
	// A second package, lest the only one be linked and written.
	programs["none"] = "package none\n"
	for name, program := range programs {
		file := filepath.Join(dir, name+".go")
		require.NoError(t, os.WriteFile(file, []byte(program), 0o600))
		overlay[filepath.Join(root, "internal", "repotest", "snippets", name, "snippet.go")] = file
		args = append(args, "./internal/repotest/snippets/"+name)
	}
	b, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), b, 0o600))

	slices.Sort(args[4:])
	build := exec.CommandContext(t.Context(), "go", args...)
	build.Dir = root
	out, err := build.CombinedOutput()
	if err == nil {
		return nil
	}
	harmless := regexp.MustCompile(`^(#.*)$|declared and not used|imported and not used|function main is undeclared in the main package`)
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(string(out)), "\n"), harmless.MatchString)
}

func TestGoSnippetsCompile(t *testing.T) {
	root := root(t)
	programs := map[string]string{}
	for _, file := range files(t, root, func(p string) bool {
		return p == "README.md" || p == "CONTRIBUTING.md" || strings.HasPrefix(p, "docs/") && strings.HasSuffix(p, ".md")
	}) {
		snippets, err := parseSnippets(file, read(t, root, file))
		require.NoError(t, err)
		for _, s := range snippets {
			if s.skip != "" {
				t.Logf("%s:%d is skipped, because %s", s.file, s.line, s.skip)
				continue
			}
			program, err := s.program()
			require.NoError(t, err, "%s:%d", s.file, s.line)
			name := regexp.MustCompile(`\W+`).ReplaceAllString(s.file, "_")
			programs[fmt.Sprintf("%s_%d", name, s.line)] = program
		}
	}
	for _, complaint := range compile(t, root, programs) {
		t.Error(complaint)
	}
}

func TestSnippets(t *testing.T) {
	const page = "# Page\n\n" +
		"```go\nx := 1\nfmt.Println(\"unused x\")\n```\n\n" +
		"<!-- snippet: with\ntype T struct{}\n-->\n```go\nfunc (T) M(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) }\n```\n\n" +
		"```go\npackage main\n\nfunc main() {}\n```\n\n" +
		"```go\nfmt.Printn(undefined)\n```\n" +
		"<!-- snippet: skip, because it shows what is wrong -->\n```go\n???\n```\n```js\nno go\n```\n"
	snippets, err := parseSnippets("page.md", page)
	require.NoError(t, err)
	require.Len(t, snippets, 5)
	assert.Equal(t, "it shows what is wrong", snippets[4].skip)
	assert.Equal(t, 4, snippets[0].line)

	programs := map[string]string{}
	for i, s := range snippets[:4] {
		program, err := s.program()
		require.NoError(t, err)
		programs[fmt.Sprintf("s%d", i)] = program
	}
	complaints := compile(t, root(t), programs)
	require.Len(t, complaints, 2, "%q", complaints)
	assert.Contains(t, complaints[0], fmt.Sprintf("page.md:%d:", snippets[3].line))
	assert.Contains(t, complaints[0], "Printn")
	assert.Contains(t, complaints[1], "undefined: undefined")

	_, err = snippet{code: "???"}.program()
	require.Error(t, err)
	for _, marker := range []string{"skip", "skip, because ", "with", "else"} {
		_, err = parseSnippets("page.md", "<!-- snippet: "+marker+" -->\n```go\n```\n")
		require.Error(t, err, marker)
	}
}
