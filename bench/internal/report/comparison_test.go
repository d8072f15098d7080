package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestComparison(t *testing.T) {
	got := comparison(&Run{Date: "2026-01-02", Trials: []Trial{
		fanOut("hawser", 1, 150, 1000, ""), fanOut("hawser", 2, 140, 3000, ""), fanOut("ws", 1, 100, 100, "it hung"),
	}})
	for _, want := range []string{
		"`make bench`, 2026-01-02): 1,000 members",
		"| Hawser, JSON | 145 | 2,000 | – | – |",
		"| WebSocket: ws (Node) | – | – | – | – |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the comparison lacks %q:\n%s", want, got)
		}
	}
}

// TestCommitted compares the pages, as they are, with the results beside which they stand.
func TestCommitted(t *testing.T) {
	const docs = "../../../docs"
	r := &Run{}
	if err := json.Unmarshal([]byte(read(t, "../../results.json")), r); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "images"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(folder, r); err != nil {
		t.Fatal(err)
	}
	committed := read(t, docs, "comparison.md")
	if err := os.WriteFile(filepath.Join(folder, "comparison.md"), []byte(committed), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := WriteComparison(folder, r); err != nil {
		t.Fatal(err)
	}
	files := []string{"benchmarks.md", "comparison.md"}
	images, err := filepath.Glob(filepath.Join(folder, "images", "*"))
	if err != nil || len(images) < 2 {
		t.Fatal(images, err)
	}
	for _, image := range images {
		files = append(files, filepath.Join("images", filepath.Base(image)))
	}
	for _, file := range files {
		if read(t, folder, file) != read(t, docs, file) {
			t.Errorf("docs/%s is not of results.json: go run . -draw results.json", file)
		}
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
