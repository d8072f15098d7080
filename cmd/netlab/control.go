package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-go/hawser/internal/netlab"
)

// A command is one line of the input. An empty one, {}, only asks how things are.
type command struct {
	// Faults replaces the faults, if it is there: {"faults":"stalled:direction=down"}, {"faults":""}.
	Faults *string `json:"faults"`
	// Cut ends the connections that are open: {"cut":"rst"}; or another of the endings. It happens after the faults are replaced.
	Cut string `json:"cut"`
}

// A report is one line of the output: how things are after a command, or why it was not obeyed. Then nothing has changed.
type report struct {
	Faults string           `json:"faults"`
	Counts map[string]int64 `json:"counts"`
	Cut    int              `json:"cut,omitempty"` // how many connections were cut
	Error  string           `json:"error,omitempty"`
}

var endings = map[string]netlab.Ending{
	"fin": netlab.FIN, "rst": netlab.RST, "half-client": netlab.HalfClient, "half-target": netlab.HalfTarget,
	"freeze": netlab.Freeze, "freeze-up": netlab.FreezeUp, "freeze-down": netlab.FreezeDown,
}

// obey does what a line says, and returns the line that answers it.
func obey(lab *netlab.Lab, line []byte) []byte {
	var r report
	var err error
	if r.Cut, err = do(lab, line); err != nil {
		r.Error = err.Error()
	}
	r.Faults = netlab.Format(lab.Faults()...)
	r.Counts = lab.Counts()
	answer, err := json.Marshal(r)
	if err != nil { // a report is strings and numbers
		panic(err)
	}
	return append(answer, '\n')
}

func do(lab *netlab.Lab, line []byte) (cut int, err error) {
	var c command
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return 0, fmt.Errorf("netlab: a command is a JSON object with faults, cut: %w", err)
	}
	ending, known := endings[c.Cut]
	if c.Cut != "" && !known {
		return 0, fmt.Errorf("netlab: cut is one of %s, not %q", strings.Join(slices.Sorted(maps.Keys(endings)), ", "), c.Cut)
	}
	if c.Faults != nil {
		faults, err := netlab.Parse(*c.Faults)
		if err != nil {
			return 0, err
		}
		lab.Set(faults...)
	}
	if known {
		cut = lab.Cut(ending)
	}
	return cut, nil
}
