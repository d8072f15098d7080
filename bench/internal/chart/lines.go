package chart

import (
	"fmt"
	"strings"
)

// Lines are values over time, on one scale from 0.
type Lines struct {
	Title, Subtitle string
	Series          []Line
	X, Y            []Tick // with the ends of the scales
}

// A Line is the values of one thing.
type Line struct {
	Label  string
	Stroke string // a color
	Points []Point
}

// A Point is a value at a time.
type Point struct{ X, Y float64 }

const (
	linesHeight = 380.0
	linesLeft   = 76.0
	linesBelow  = 48.0
)

// SVG draws the chart.
func (c Lines) SVG() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" `+
		`role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" `+
		`font-size="13" fill="#1f2933">`+"\n", width, linesHeight, width, linesHeight)
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(c.Title))
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" rx="10" fill="#ffffff"/>`+"\n", width, linesHeight)
	text(&b, margin, 38, `font-size="19" font-weight="600"`, c.Title)
	text(&b, margin, 60, `fill="#5b6875"`, c.Subtitle)
	left := margin
	for _, l := range c.Series {
		fmt.Fprintf(&b, `<rect x="%.1f" y="80" width="16" height="4" fill="%s"/>`+"\n", left, l.Stroke)
		text(&b, left+22, 82, `dominant-baseline="central"`, l.Label)
		left += 60 + 7.2*float64(len(l.Label))
	}
	for _, t := range c.Y {
		y := c.y(t.Value)
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" stroke="#e3e7ec"/>`+"\n", linesLeft, y, width-margin)
		text(&b, linesLeft-8, y, `text-anchor="end" dominant-baseline="central" fill="#5b6875"`, t.Label)
	}
	for _, t := range c.X {
		text(&b, c.x(t.Value), linesHeight-linesBelow+22, `text-anchor="middle" fill="#5b6875"`, t.Label)
	}
	for _, l := range c.Series {
		var path strings.Builder
		for i, p := range l.Points {
			step := "L"
			if i == 0 {
				step = "M"
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", step, c.x(p.X), c.y(p.Y))
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s" stroke-width="2" stroke-linejoin="round"/>`+"\n", &path, l.Stroke)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (c Lines) x(v float64) float64 {
	return linesLeft + (width-margin-linesLeft)*v/c.X[len(c.X)-1].Value
}

func (c Lines) y(v float64) float64 {
	const bottom = linesHeight - linesBelow
	return bottom - (bottom-top)*v/c.Y[len(c.Y)-1].Value
}
