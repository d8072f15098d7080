package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
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
	wellFormed(t, c.SVG())
}

func TestGrouped(t *testing.T) {
	never := math.Inf(1)
	c := Grouped{
		Title:  "a < b & c",
		Series: []Series{{Label: "ours", Fill: "#1f6feb", Style: Strong}, {Label: "theirs", Fill: "#98a4b3"}},
		Sections: []Section{{
			Title: "ms", Low: 1, High: 1000, Ticks: []Tick{{1, "1"}, {1000, "1,000"}},
			Groups: []Group{
				{Label: "swift", Target: 10, Bars: []Bar{{Value: 10}, {Value: 0}}, Texts: []string{"ten", "nothing"}},
				{Label: "slow", Target: math.NaN(), Bars: []Bar{{Value: math.NaN()}, {Value: never}}, Texts: []string{"–", "never"}},
			},
		}},
	}
	svg := c.SVG()
	wellFormed(t, svg)
	if got := strings.Count(svg, `fill="url(#endless-1)"`); got != 1 {
		t.Errorf("%d bars of theirs have no end", got)
	}
	if strings.Contains(svg, "url(#endless-0)") {
		t.Error("a bar that is not there has no end")
	}
	left, right := margin+groupLabels, width-margin-groupTexts
	third := left + (right-left)/3
	if !strings.Contains(svg, fmt.Sprintf(`x="%.1f" y="%.1f" width="%.1f"`, left, legend+sectionHead, third-left)) {
		t.Error("10 is not a third of the way from 1 to 1000")
	}
	if got := strings.Count(svg, fmt.Sprintf("M%.1f ", third)); got != 1 {
		t.Errorf("the target is marked %d times", got)
	}
}

// What a bar is worth stands beside it, or behind the mark of its target where that is too near.
func TestTextsBesideTargets(t *testing.T) {
	for target, beside := range map[float64]float64{1000: 10, 10.5: 10.5, 5: 10} {
		c := Grouped{
			Series: []Series{{Label: "ours", Style: Strong}},
			Sections: []Section{{
				Low: 1, High: 1000,
				Groups: []Group{{Target: target, Bars: []Bar{{Value: 10}}, Texts: []string{"ten"}}},
			}},
		}
		left, right := margin+groupLabels, width-margin-groupTexts
		place := fmt.Sprintf(`<text x="%.1f"`, left+(right-left)*math.Log10(beside)/3+6)
		if !strings.Contains(c.SVG(), place) {
			t.Errorf("with a target of %v, the text is not beside %v", target, beside)
		}
	}
}

func TestLines(t *testing.T) {
	c := Lines{
		Title: "a < b & c", X: []Tick{{0, "0"}, {10, "10 min"}}, Y: []Tick{{0, "0"}, {100, "100 MB"}},
		Series: []Line{{Label: "heap", Stroke: "#1f6feb", Points: []Point{{0, 0}, {5, 50}, {10, 100}}}},
	}
	svg := c.SVG()
	wellFormed(t, svg)
	const right, bottom = width - margin, linesHeight - linesBelow
	want := fmt.Sprintf("M%.1f %.1fL%.1f %.1fL%.1f %.1f", linesLeft, bottom, (linesLeft+right)/2, (bottom+top)/2, right, top)
	if !strings.Contains(svg, want) {
		t.Errorf("no line goes %s", want)
	}
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
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
