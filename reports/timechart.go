package reports

import (
	"fmt"
	"slices"
	"strings"

	"finegrain/experiments"
	"finegrain/reductions"
)

// Where the time goes: for each route a bar for each formula, stacked from the steps of the run. Routes
// have charts of their own, since their times differ by orders of magnitude and a stacked bar needs a
// linear axis.
var timeSection = section{
	ID: "time", Title: "Where the time goes",
	Data: ofPipeline(func(r experiments.Reproduction) (any, error) {
		return timeFigures(r.Formulas), nil
	}),
}

// phases are the steps that every route has, in their order, and last what a run does besides: check its
// model and measure the error that was made.
var phases = []struct {
	name, area, colour string
	striped            bool
}{
	{"split and list", "split", "--split", false},
	{"lay out for the route", "route", "--route", true},
	{"attention", "attention", "--attention", false},
	{"read off", "readoff", "--readoff", true},
	{"check, measure the error", "rest", "--rest", false},
}

const rest = 4

// phase is the index in phases of a step, by the names that reductions and oracles give their steps.
func phase(step string, algorithm string) int {
	switch {
	case strings.HasPrefix(step, "split and list"):
		return 0
	case step == algorithm:
		return 2
	case step == reductions.ReadOff:
		return 3
	default:
		return 1
	}
}

// durations are the seconds of a run by phase. They add up to the run's, or to the steps' if a clock
// says that these took longer.
func durations(run experiments.RouteRun) [rest + 1]float64 {
	var d [rest + 1]float64
	remaining := run.Seconds
	for _, s := range run.Steps {
		d[phase(s.Name, run.Algorithm)] += s.Seconds
		remaining -= s.Seconds
	}
	d[rest] = max(remaining, 0)
	return d
}

func timeFigures(formulas []experiments.FormulaRun) []figure {
	var routes []string
	for _, f := range formulas {
		for _, run := range f.Runs {
			if !slices.Contains(routes, run.Route) {
				routes = append(routes, run.Route)
			}
		}
	}
	var figures []figure
	for i, route := range routes {
		figures = append(figures, timeFigure(fmt.Sprintf("time-%d", i+1), route, formulas))
	}
	return figures
}

// shares says what part of the whole each phase is.
func shares(seconds [rest + 1]float64) string {
	whole := 0.0
	for _, s := range seconds {
		whole += s
	}
	var parts []string
	for k, p := range phases {
		parts = append(parts, p.name+" "+percent(seconds[k], whole))
	}
	return strings.Join(parts, ", ")
}

func timeFigure(id, route string, formulas []experiments.FormulaRun) figure {
	var names []string
	var sums [rest + 1]float64
	bars := make([][]any, len(phases))
	shown := figure{ID: id, Title: route, Table: table{
		Caption: "Seconds and share of the run, by step, through the " + route + " route",
		Head:    []string{"formula", "seconds"},
	}}
	for _, p := range phases {
		shown.Table.Head = append(shown.Table.Head, p.name)
		shown.Legend = append(shown.Legend, key{Text: p.name, Area: p.area})
	}
	for _, f := range formulas {
		for _, run := range f.Runs {
			if run.Route != route {
				continue
			}
			name := oneLine(f.Name)
			names = append(names, name)
			parts := durations(run)
			total := 0.0
			for _, s := range parts {
				total += s
			}
			label := seconds(total)
			row := []string{f.Name, label}
			if run.Err != nil {
				label, row[1], parts, total = "failed", "failed", [rest + 1]float64{}, 0
			}
			tip := []string{name, route + ": " + label + " s"}
			for k, p := range phases {
				text := seconds(parts[k]) + " (" + percent(parts[k], total) + ")"
				row = append(row, text)
				tip = append(tip, p.name+": "+text)
			}
			if run.Err != nil {
				tip = []string{name, oneLine(judge(run).Text)}
			}
			for k := range phases {
				sums[k] += parts[k]
				bar := object{"value": rounded(parts[k]), "tip": strings.Join(tip, "\n")}
				if k == rest { // the last of the stack carries the total
					bar["label"] = object{"show": true, "formatter": label}
				}
				bars[k] = append(bars[k], bar)
			}
			shown.Table.Rows = append(shown.Table.Rows, row)
		}
	}
	var series []object
	for k, p := range phases {
		style := object{"color": p.colour}
		if p.striped {
			style["decal"] = object{
				"color": "--stripe", "dashArrayX": []int{1, 0}, "dashArrayY": []int{2, 4}, "rotation": -0.785,
			}
		}
		series = append(series, object{
			"type": "bar", "name": p.name, "stack": "run", "barMaxWidth": 16, "data": bars[k], "itemStyle": style,
			"label": object{"show": false, "position": "right", "color": "--ink", "fontSize": 11},
		})
	}
	shown.Note = "All bars together: " + shares(sums) + "."
	shown.Height = 26*len(names) + 70
	shown.Alt = fmt.Sprintf(
		"Stacked bars of the seconds that %d formulas took through the %s route, by step. "+
			"The table below has the numbers.",
		len(names), route)
	shown.Chart = newChart(object{
		"grid":  object{"left": 128, "right": 58, "top": 8, "bottom": 46},
		"xAxis": axis("value", "seconds", 28, object{"min": 0, "splitNumber": 3}),
		"yAxis": axis("category", "", 0, object{
			"data": names, "inverse": true, "axisTick": object{"show": false},
			"axisLabel": object{"width": 116, "overflow": "truncate", "interval": 0, "color": "--ink"},
		}),
		"series": series,
	})
	return shown
}
