package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0.123: "0.12", 9.994: "9.99", 9.996: "10.0", 99.96: "100", 336.4: "336", 1234: "1,234", 1007: "1,007", 12345: "12.3k",
	} {
		if got := Number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}

func TestSVG(t *testing.T) {
	c := Chart{
		Title: "a < b & c",
		Rows:  []Row{{Label: "low"}, {Label: "absent"}, {Label: "high", Style: Strong}},
		Panels: []Panel{
			{Title: "one", Bars: []Bar{{1, 1, 1}, {Value: math.NaN()}, {2, 1, 3}}},
			{Title: "two", Bars: []Bar{{5, 5, 5}, {6, 6, 6}, {7, 7, 7}}},
		},
	}
	svg := c.SVG()
	if strings.Contains(svg, "NaN") {
		t.Error("something is drawn at no place")
	}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
