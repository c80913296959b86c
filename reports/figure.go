package reports

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
)

// figure is a chart with everything that stands for it: a heading, words, a legend, and its numbers.
type figure struct {
	ID     string
	Title  string
	Alt    string // what the chart shows, for those who do not see it
	Height int    // CSS pixels; the width is the page's affair, from about 320 to 700
	Legend []key
	Note   string
	Table  table
	Chart  chart

	Evidence *evidence // of a figure that all writers draw: takes the place of legend, note and table; nil: none
}

// key is an entry of a legend. Swatch names what is drawn beside the text: a class of the style sheet
// for an area, or the number of a line's stroke.
type key struct {
	Text   string
	Area   string
	Stroke *stroke
}

// stroke is how a curve is drawn. Colour, dash and marker each tell the curves apart.
type stroke struct {
	Colour string // custom property of the style sheet
	Dash   []int  // lengths of dashes and gaps, in pixels; nil: solid
	Marker string // an ECharts symbol
}

// Class is the stroke's class in the style sheet, which gives it its colour.
func (s stroke) Class() string { return strings.TrimPrefix(s.Colour, "--") }

// DashArray is the dash in SVG's notation.
func (s stroke) DashArray() string {
	if s.Dash == nil {
		return "none"
	}
	return strings.Trim(fmt.Sprint(s.Dash), "[]")
}

// table is a figure's numbers, as text.
type table struct {
	Of      string // what is in it, if the figure has another; empty: its numbers
	Caption string
	Head    []string
	Rows    [][]string // the first cell of a row is its heading
}

// chart is the options of an ECharts chart: JSON without functions. Values of keys whose name ends in
// "color" may name a custom property of the style sheet, as in "--ink".
type chart map[string]any

// object is a part of a chart's options.
type object = map[string]any

// newChart returns options with what all charts have in common: no animation, since a page is a document;
// and tooltips that are drawn, so that no name in them is ever read as HTML.
func newChart(more object) chart {
	c := chart{
		"animation": false,
		"textStyle": object{"fontFamily": "system-ui, sans-serif", "color": "--ink"},
		"tooltip": object{
			"renderMode": "richText", "confine": true,
			"backgroundColor": "--paper", "borderColor": "--rule",
			"textStyle": object{"color": "--ink", "fontSize": 12},
		},
	}
	for k, v := range more {
		c[k] = v
	}
	return c
}

// JSON writes the options for a script element. json.Marshal escapes <, > and &, U+2028 and U+2029, so no
// text in the options ends the element or opens a comment in it; it fails on NaN and infinities.
func (c chart) JSON() (template.JS, error) {
	data, err := json.Marshal(map[string]any(c))
	if err != nil {
		return "", fmt.Errorf("reports: chart options: %w", err)
	}
	return template.JS(data), nil
}

// axis is an axis in the common style. name is drawn along it.
func axis(kind, name string, gap int, more object) object {
	a := object{
		"type": kind, "name": name, "nameLocation": "middle", "nameGap": gap,
		"nameTextStyle": object{"color": "--soft", "fontSize": 12},
		"axisLine":      object{"show": true, "lineStyle": object{"color": "--rule"}},
		"axisTick":      object{"lineStyle": object{"color": "--rule"}},
		"splitLine":     object{"lineStyle": object{"color": "--grid"}},
		"axisLabel":     object{"color": "--soft", "fontSize": 11, "hideOverlap": true},
	}
	for k, v := range more {
		if inner, ok := v.(object); ok {
			if old, ok := a[k].(object); ok {
				for kk, vv := range inner {
					old[kk] = vv
				}
				continue
			}
		}
		a[k] = v
	}
	return a
}
