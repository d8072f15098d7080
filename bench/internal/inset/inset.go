// Package inset keeps what is measured up to date in pages that people write: between two marks of a name stands what a program has written.
package inset

import (
	"fmt"
	"os"
	"strings"
)

// Marks returns what stands before and after the inset of that name: comments that readers do not see.
func Marks(name string) (begin, end string) {
	return "<!-- " + name + ": written by a program -->\n", "<!-- end of " + name + " -->\n"
}

// Fill returns the page with text as the inset of that name. It fails unless the page has its two marks, once and in order.
func Fill(page, name, text string) (string, error) {
	begin, end := Marks(name)
	before, rest, ok := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed || strings.Contains(after, begin) || strings.Contains(after, end) || strings.Contains(before, end) {
		return "", fmt.Errorf("the page has no place for %s: it stands between %q and %q", name, begin, end)
	}
	return before + begin + "\n" + text + "\n" + end + after, nil
}

// FillFile does that with a file.
func FillFile(file, name, text string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	filled, err := Fill(string(page), name, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(filled), 0o644)
}
