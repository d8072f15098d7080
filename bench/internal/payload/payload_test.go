package payload

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestJSON(t *testing.T) {
	for _, seq := range []uint32{First, First + 63, 4_000_000_000} {
		encoded := JSON(seq)
		want, err := json.Marshal(New(seq))
		if err != nil || !bytes.Equal(encoded, want) || len(encoded) != Size {
			t.Fatalf("%d: %s (%d bytes), want %s, %v", seq, encoded, len(encoded), want, err)
		}
		got, rest, found, err := FindJSON([]byte("[39," + string(encoded) + "]"))
		if got != seq || string(rest) != "]" || !found || err != nil {
			t.Fatalf("%d %q %v %v", got, rest, found, err)
		}
	}
}

func TestDamageIsSeen(t *testing.T) {
	whole := JSON(First)
	if _, _, _, err := FindJSON(whole[:Size-1]); err == nil {
		t.Error("a message cut short counts as one")
	}
	whole[Size-3] = 'y'
	if _, _, _, err := FindJSON(whole); err == nil {
		t.Error("a damaged message counts as one")
	}
	if _, _, found, _ := FindJSON([]byte(`[6,1]`)); found {
		t.Error("found a message where there is none")
	}
}
