package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"finegrain/experiments"
)

// The attention matrix of one small formula and what is read off it. Rows are the assignments of the
// first half of the variables, columns those of the second and the zero key. Orthogonal pairs, which are
// the models, carry a ring; the pair that was found, a diamond: the picture does not depend on colour.
var pictureSection = section{
	ID: "picture", Title: "One formula, all the way",
	Data: ofPipeline(func(r experiments.Reproduction) (any, error) {
		return newPicture(r.Picture)
	}),
}

type picture struct {
	Name               string
	Variables, Clauses int
	Rows, Columns      int
	T, Limit           string
	Matrix, Outputs    figure
	Witness            *witness // nil if no row is flagged
}

// newPicture is nil if no picture was taken.
func newPicture(p experiments.Picture) (*picture, error) {
	if len(p.Rows) == 0 {
		return nil, nil
	}
	if err := wellFormed(p); err != nil {
		return nil, err
	}
	shown := &picture{
		Name: p.Name, Variables: p.Formula.Variables, Clauses: len(p.Formula.Clauses),
		Rows: len(p.Rows), Columns: len(p.Columns),
		T: number(p.T), Limit: limit(p.Limit), Matrix: matrixFigure(p), Outputs: outputsFigure(p),
	}
	if p.Flagged >= 0 {
		shown.Witness = newWitness(p)
	}
	return shown, nil
}

// wellFormed returns nil if the picture's parts fit together.
func wellFormed(p experiments.Picture) error {
	rows, columns := len(p.Rows), len(p.Columns)
	if len(p.Weights) != rows || len(p.Inner) != rows || len(p.Outputs) != rows {
		return fmt.Errorf("%d rows with %d rows of weights, %d of inner products and %d outputs",
			rows, len(p.Weights), len(p.Inner), len(p.Outputs))
	}
	for i := range rows {
		if len(p.Weights[i]) != columns+1 || len(p.Inner[i]) != columns {
			return fmt.Errorf("row %d has %d weights and %d inner products for %d columns and the zero key",
				i, len(p.Weights[i]), len(p.Inner[i]), columns)
		}
	}
	if p.Flagged < 0 {
		return nil
	}
	if p.Flagged >= rows || p.Partner < 0 || p.Partner >= columns || len(p.Model) != p.Formula.Variables {
		return fmt.Errorf("row %d, column %d and a model of %d values for %d rows, %d columns and %d variables",
			p.Flagged, p.Partner, len(p.Model), rows, columns, p.Formula.Variables)
	}
	return nil
}

// limit is the threshold as the theory writes it.
func limit(x float64) string {
	if math.Abs(x-5.0/12) < 1e-12 {
		return "5/12"
	}
	return number(x)
}

// short is a half-assignment without the variables' names, "01" for "x1=0 x2=1", with the names apart.
// A label of another form is its own short form.
func short(label string) (variables, digits string) {
	for part := range strings.FieldsSeq(label) {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return "", oneLine(label)
		}
		variables += " " + name
		digits += value
	}
	return strings.TrimSpace(variables), digits
}

func shorts(halves []experiments.Half) (variables string, labels []string) {
	for _, h := range halves {
		names, digits := short(h.Label)
		variables, labels = names, append(labels, digits)
	}
	return variables, labels
}

// The charts of the picture stand side by side and share their rows, so they share their margins.
const (
	pictureTop    = 62
	pictureBottom = 58
)

func rowHeight(rows int) int { return max(9, min(26, 460/rows)) }

func rowAxis(variables string, labels []string) object {
	return axis("category", "first half: "+variables, 46, object{
		"data": labels, "inverse": true, "splitLine": object{"show": false}, "axisTick": object{"show": false},
		"axisLabel": object{"color": "--ink", "width": 40, "overflow": "truncate"},
	})
}

// pictureHeight is the height of a chart with that many rows.
func pictureHeight(rows int) int { return pictureTop + pictureBottom + rows*rowHeight(rows) }

const zeroKey = "zero"

func matrixFigure(p experiments.Picture) figure {
	rowNames, rows := shorts(p.Rows)
	columnNames, columns := shorts(p.Columns)
	columns = append(columns, zeroKey)
	var cells, rings, found []object
	data := table{
		Caption: "Softmax weight of every key, in rows of queries; " +
			"a ring ○ marks an orthogonal pair, a diamond ◆ the pair found",
		Head: append([]string{rowNames + " \\ " + columnNames}, columns...),
	}
	pairs := 0
	for i, row := range p.Rows {
		line := []string{rows[i]}
		for j, w := range p.Weights[i] {
			tip, mark := row.Label+"\nzero key\nweight "+number(w), ""
			if j < len(p.Columns) {
				inner := p.Inner[i][j]
				tip = fmt.Sprintf("%s\n%s\nleaves %s unsatisfied\nweight %s",
					row.Label, p.Columns[j].Label, plural(strconv.Itoa(inner), "clause"), number(w))
				if inner == 0 {
					pairs++
					point := object{"value": []int{j, i}, "tip": tip + "\northogonal: a model"}
					if i == p.Flagged && j == p.Partner {
						found, mark = append(found, point), " ◆"
					} else {
						rings, mark = append(rings, point), " ○"
					}
				}
			}
			cells = append(cells, object{"value": []any{j, i, rounded(w)}, "tip": tip})
			line = append(line, number(w)+mark)
		}
		data.Rows = append(data.Rows, line)
	}
	shown := figure{
		ID: "matrix", Title: "Attention matrix", Height: pictureHeight(len(rows)), Table: data,
		Alt: fmt.Sprintf(
			"Heat map of the softmax weights: %d rows, %d columns and the zero key, %d orthogonal pairs marked.",
			len(p.Rows), len(p.Columns), pairs),
	}
	if len(rings) > 0 {
		shown.Legend = append(shown.Legend, key{Text: "orthogonal pair", Area: "ring"})
	}
	if len(found) > 0 {
		shown.Legend = append(shown.Legend, key{Text: "the orthogonal pair that was found", Area: "diamond"})
	}
	size := min(12, rowHeight(len(rows))-3)
	marks := func(name, symbol string, size int, data []object, style object) object {
		return object{
			"type": "scatter", "name": name, "symbol": symbol, "symbolSize": size, "data": data,
			"itemStyle": style, "z": 3,
		}
	}
	shown.Chart = newChart(object{
		"grid": object{"left": 62, "right": 8, "top": pictureTop, "bottom": pictureBottom},
		"xAxis": axis("category", "second half: "+columnNames, 44, object{
			"data": columns, "position": "top", "splitLine": object{"show": false}, "axisTick": object{"show": false},
			"axisLabel": object{"color": "--ink", "rotate": 90, "width": 38, "overflow": "truncate"},
		}),
		"yAxis": rowAxis(rowNames, rows),
		"visualMap": object{
			"type": "continuous", "min": 0, "max": 1, "seriesIndex": 0,
			"orient": "horizontal", "left": "center", "bottom": 4, "itemWidth": 10, "itemHeight": 130,
			"text":      []string{"1", "softmax weight 0"},
			"textStyle": object{"color": "--soft", "fontSize": 11},
			"inRange":   object{"color": []string{"--heat-0", "--heat-1", "--heat-2", "--heat-3"}},
		},
		"series": []object{
			{
				"type": "heatmap", "name": "weight", "data": cells,
				"itemStyle": object{"borderColor": "--paper", "borderWidth": 1},
				"emphasis":  object{"itemStyle": object{"borderColor": "--ink"}},
			},
			marks("orthogonal pair", "circle", size, rings, object{
				"opacity": 1, "color": "transparent", "borderColor": "--mark", "borderWidth": 2,
			}),
			marks("the pair that was found", "diamond", size+4, found, object{
				"opacity": 1, "color": "--mark", "borderColor": "--paper", "borderWidth": 1,
			}),
		},
	})
	return shown
}

func outputsFigure(p experiments.Picture) figure {
	variables, rows := shorts(p.Rows)
	data := table{
		Caption: "What attention returns for each query, against the limit " + limit(p.Limit),
		Head:    []string{variables, "output", "read as"},
	}
	var flagged, unflagged []object
	for i, o := range p.Outputs {
		read := "no partner"
		if o > p.Limit {
			read = "has a partner"
		}
		point := object{"value": []any{rounded(o), i}, "tip": p.Rows[i].Label + "\noutput " + number(o) + "\n" + read}
		if o > p.Limit {
			flagged = append(flagged, point)
		} else {
			unflagged = append(unflagged, point)
		}
		data.Rows = append(data.Rows, []string{rows[i], number(o), read})
	}
	size := min(13, rowHeight(len(rows)))
	shown := figure{
		ID: "outputs", Title: "Read-off", Height: pictureHeight(len(rows)), Table: data,
		Alt: fmt.Sprintf("A dot for the output of each of %d rows; %d lie above the limit %s and are flagged.",
			len(rows), len(flagged), limit(p.Limit)),
		Legend: []key{
			{Text: "flagged: above the limit", Area: "flagged"},
			{Text: "not flagged", Area: "unflagged"},
			{Text: "the gap between 1/3 and 1/2, where no exact output lies", Area: "gap"},
		},
	}
	shown.Chart = newChart(object{
		"grid": object{"left": 62, "right": 18, "top": pictureTop, "bottom": pictureBottom},
		"xAxis": axis("value", "output of the row", 28, object{
			"min": 0, "max": 1, "interval": 0.25, "position": "top",
		}),
		"yAxis": rowAxis(variables, rows),
		"series": []object{
			{
				"type": "scatter", "name": "flagged", "symbol": "diamond", "symbolSize": size, "data": flagged,
				"itemStyle": object{"opacity": 1, "color": "--mark"},
				"markLine": object{
					"silent": true, "symbol": "none",
					"lineStyle": object{"color": "--ink", "type": []int{6, 3}, "width": 1.5},
					"label": object{
						"formatter": "limit " + limit(p.Limit), "position": "end", "color": "--ink", "fontSize": 11,
					},
					"data": []object{{"xAxis": rounded(p.Limit)}},
				},
				"markArea": object{
					"silent": true, "itemStyle": object{"color": "--gap"},
					"data": [][]object{{{"xAxis": rounded(1.0 / 3)}, {"xAxis": 0.5}}},
				},
			},
			{
				"type": "scatter", "name": "not flagged", "symbol": "circle", "symbolSize": size - 3,
				"data":      unflagged,
				"itemStyle": object{"opacity": 1, "color": "--paper", "borderColor": "--soft", "borderWidth": 1.5},
			},
		},
	})
	return shown
}
