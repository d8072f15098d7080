// Package chart draws bars as SVG: what was measured, at a glance.
package chart

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// A Chart is panels side by side, with the same rows.
type Chart struct {
	Title, Subtitle string
	Rows            []Row
	Panels          []Panel
}

// A Row is one bar in each panel.
type Row struct {
	Label string
	Style Style
}

// A Panel is a column of bars, with a scale of its own.
type Panel struct {
	Title string
	Bars  []Bar // by row
}

// A Bar is a value, and how far measurements of it were apart. One that is not a number is not drawn.
type Bar struct{ Value, Low, High float64 }

// A Style is how a row looks.
type Style int

// The styles.
const (
	Plain  Style = iota
	Strong       // what the chart is about
	Limit        // what bounds the others
)

var fills = map[Style]string{Plain: "#a9b4c2", Strong: "#1f6feb", Limit: "#e3e7ec"}

const (
	width   = 920.0
	margin  = 24.0
	labels  = 236.0 // the width of the labels
	numbers = 58.0  // the width of a value beside its bar
	gap     = 20.0  // between panels
	row     = 27.0
	bar     = 17.0
	top     = 112.0
)

// SVG draws the chart.
func (c Chart) SVG() string {
	var b strings.Builder
	height := top + row*float64(len(c.Rows)) + margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" `+
		`role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" `+
		`font-size="13" fill="#1f2933">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(c.Title))
	fmt.Fprintf(&b, `<rect width="%.0f" height="%.0f" rx="10" fill="#ffffff"/>`+"\n", width, height)
	text(&b, margin, 38, `font-size="19" font-weight="600"`, c.Title)
	text(&b, margin, 60, `fill="#5b6875"`, c.Subtitle)
	for i, r := range c.Rows {
		text(&b, margin+labels-12, middle(i), `text-anchor="end" dominant-baseline="central"`+weight(r.Style), r.Label)
	}
	each := (width - 2*margin - labels - gap*float64(len(c.Panels)-1)) / float64(len(c.Panels))
	for i, p := range c.Panels {
		c.panel(&b, p, margin+labels+float64(i)*(each+gap), each-numbers)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (c Chart) panel(b *strings.Builder, p Panel, left, space float64) {
	text(b, left, top-14, `font-weight="600" fill="#3d4854"`, p.Title)
	most := 0.0
	for _, v := range p.Bars {
		if !math.IsNaN(v.Value) {
			most = max(most, v.Value, v.High)
		}
	}
	fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f" stroke="#c5ccd4"/>`+"\n", left, top-4, top+row*float64(len(c.Rows)))
	for i, v := range p.Bars {
		if math.IsNaN(v.Value) {
			text(b, left+6, middle(i), `dominant-baseline="central" fill="#8a95a1"`, "–")
			continue
		}
		at := func(value float64) float64 { return left + space*value/most }
		style := c.Rows[i].Style
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.0f" rx="2" fill="%s"/>`+"\n",
			left, middle(i)-bar/2, at(v.Value)-left, bar, fills[style])
		if v.High > v.Low {
			fmt.Fprintf(b, `<path d="M%.1f %.1fH%.1f" stroke="#1f2933" stroke-width="1.5" stroke-opacity="0.55"/>`+"\n",
				at(v.Low), middle(i), at(v.High))
		}
		text(b, at(max(v.Value, v.High))+7, middle(i), `dominant-baseline="central"`+weight(style), Number(v.Value))
	}
}

func middle(i int) float64 { return top + row*float64(i) + row/2 }

func weight(s Style) string {
	if s == Strong {
		return ` font-weight="700"`
	}
	return ""
}

// Number writes a value with about three digits.
func Number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v >= 9999.5:
		return fmt.Sprintf("%.1fk", v/1000)
	case v >= 1000:
		return fmt.Sprintf("%d,%03d", int(math.Round(v))/1000, int(math.Round(v))%1000)
	case v >= 99.95:
		return fmt.Sprintf("%.0f", v)
	case v >= 9.995:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

func text(b *strings.Builder, x, y float64, attributes, content string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" %s>%s</text>`+"\n", x, y, attributes, escape(content))
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes all
	return b.String()
}
