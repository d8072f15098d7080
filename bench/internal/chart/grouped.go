package chart

import (
	"fmt"
	"math"
	"strings"
)

// A Grouped chart has groups of bars below each other, one bar a series in each, on logarithmic scales.
type Grouped struct {
	Title, Subtitle string
	Series          []Series
	Sections        []Section
}

// A Series is the bars that belong together.
type Series struct {
	Label string
	Fill  string // a color
	Style Style  // Strong: what the chart is about
}

// A Section is groups on one scale.
type Section struct {
	Title string
	// The scale goes from Low to High, both over 0. A bar that is lower has no length.
	Low, High float64
	Ticks     []Tick
	Groups    []Group
}

// A Tick is a place on a scale, and what is written there.
type Tick struct {
	Value float64
	Label string
}

// A Group is one bar a series.
type Group struct {
	Label string
	// Target marks the bars that are strong; NaN: there is none.
	Target float64
	Bars   []Bar // by series. One of infinite value goes through to the end. One that is not a number is not drawn
	Texts  []string
}

const (
	groupLabels = 262.0
	groupTexts  = 112.0
	groupBar    = 11.0
	groupGap    = 13.0
	sectionHead = 54.0
	legend      = 96.0
)

// hatch fills bars that have no end.
const hatch = `<pattern id="endless-%d" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
	`<rect width="7" height="7" fill="%s" fill-opacity="0.35"/><rect width="3" height="7" fill="%[2]s"/></pattern>` + "\n"

// SVG draws the chart.
func (c Grouped) SVG() string {
	var b strings.Builder
	height := legend
	for _, s := range c.Sections {
		height += sectionHead + float64(len(s.Groups))*c.groupHeight()
	}
	height += margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" `+
		`role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" `+
		`font-size="13" fill="#1f2933">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n<defs>\n", escape(c.Title))
	for i, s := range c.Series {
		fmt.Fprintf(&b, hatch, i, s.Fill)
	}
	fmt.Fprintf(&b, "</defs>\n"+`<rect width="%.0f" height="%.0f" rx="10" fill="#ffffff"/>`+"\n", width, height)
	text(&b, margin, 38, `font-size="19" font-weight="600"`, c.Title)
	text(&b, margin, 60, `fill="#5b6875"`, c.Subtitle)
	c.legend(&b)
	y := legend
	for _, s := range c.Sections {
		y = c.section(&b, s, y)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (c Grouped) groupHeight() float64 { return float64(len(c.Series))*groupBar + groupGap }

func (c Grouped) legend(b *strings.Builder) {
	x := margin
	for _, s := range c.Series {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="12" height="12" rx="2" fill="%s"/>`+"\n", x, legend-16, s.Fill)
		text(b, x+18, legend-6, `font-size="12.5"`+weight(s.Style), s.Label)
		x += 40 + 7.2*float64(len(s.Label))
	}
}

func (c Grouped) section(b *strings.Builder, s Section, y float64) float64 {
	left, right := margin+groupLabels, width-margin-groupTexts
	at := func(v float64) float64 {
		share := math.Log(max(v, s.Low)/s.Low) / math.Log(s.High/s.Low)
		return left + (right-left)*min(share, 1)
	}
	top, bottom := y+sectionHead, y+sectionHead+float64(len(s.Groups))*c.groupHeight()
	text(b, margin, top-18, `font-weight="600" font-size="14.5"`, s.Title)
	for _, t := range s.Ticks {
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f" stroke="#e3e7ec"/>`+"\n", at(t.Value), top-6, bottom-4)
		text(b, at(t.Value), top-11, `text-anchor="middle" font-size="11" fill="#5b6875"`, t.Label)
	}
	for i, g := range s.Groups {
		c.group(b, g, top+float64(i)*c.groupHeight(), left, right, at)
	}
	return bottom
}

func (c Grouped) group(b *strings.Builder, g Group, top, left, right float64, at func(float64) float64) {
	middle := top + float64(len(c.Series))*groupBar/2
	text(b, left-14, middle, `text-anchor="end" dominant-baseline="central"`, g.Label)
	for i, v := range g.Bars {
		y, s := top+float64(i)*groupBar, c.Series[i]
		end := at(v.Value)
		switch {
		case math.IsNaN(v.Value):
			end = left
		case math.IsInf(v.Value, 1):
			end = right
			fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="url(#endless-%d)"/>`+"\n", left, y, right-left, groupBar-1.5, i)
		default:
			fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1.5" fill="%s"/>`+"\n", left, y, max(end-left, 1.5), groupBar-1.5, s.Fill)
		}
		if s.Style == Strong && !math.IsNaN(g.Target) {
			mark := at(g.Target)
			fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f" stroke="#1f2933" stroke-width="2"/>`+"\n", mark, y-2, y+groupBar+0.5)
			if mark < end+10+7*float64(len(g.Texts[i])) { // there is no room for the text before it
				end = max(end, mark)
			}
		}
		text(b, end+6, y+groupBar/2-0.5, `dominant-baseline="central" font-size="11"`+weight(s.Style), g.Texts[i])
	}
}
