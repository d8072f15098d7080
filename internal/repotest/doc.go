// Package repotest tests the repository itself: which package may import which, that nothing names a place to download
// from, and that the Go snippets of the documentation compile. It has tests only.
package repotest
