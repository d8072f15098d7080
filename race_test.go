//go:build race

package hawser_test

const raceEnabled = true
