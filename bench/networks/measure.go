package main

import (
	"bytes"
	"encoding/json"
	"math"
)

// A measure is what is measured in a trial.
type measure string

// The measures. Times are ms; never is longer than anybody waited.
const (
	firstMessage measure = "first message" // from connect
	movedUp      measure = "moved up"      // from when the network was well again to a WebSocket
	longestGap   measure = "longest gap"   // in which nothing arrived
	lost         measure = "lost"
	doubled      measure = "doubled"
	reordered    measure = "reordered"
	ofSent       measure = "sent"
	rate         measure = "rate" // different messages a second, both ways together
)

// A value is a measured number. JSON knows no infinity: there, "never" is.
type value float64

var never = value(math.Inf(1))

func (v value) isNever() bool { return math.IsInf(float64(v), 1) }

// MarshalJSON writes a number or "never".
func (v value) MarshalJSON() ([]byte, error) {
	if v.isNever() {
		return []byte(`"never"`), nil
	}
	return json.Marshal(float64(v))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *value) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte(`"never"`)) {
		*v = never
		return nil
	}
	return json.Unmarshal(text, (*float64)(v))
}

// Measures are what came of a trial.
type measures map[measure]value
