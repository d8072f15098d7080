// Package report turns what was measured into a page that a person reads.
package report

import "github.com/hawser-go/hawser/bench/internal/load"

// A Run is all that was measured, and where.
type Run struct {
	Command  string
	Date     string
	Commit   string
	Machine  string
	Versions map[string]string // of modules
	Cores    string
	Rounds   int
	Trials   []Trial
}

// A Trial is one server at one workload, once.
type Trial struct {
	Workload, Server string
	Round            int
	Connections      int
	Result           load.Result
	Others           float64 // cores that other processes kept busy
}
