package claims

import (
	"fmt"
	"math"
	"time"

	"finegrain"
	"finegrain/figure"
	"finegrain/measure"
)

// Split and list (Williams 2005): its sizes, and that it is parsimonious.

var splitAndListSizes = measure.Experiment{
	ID:      "split-and-list-sizes",
	Doc:     "sizes of the lists, orthogonal pairs and models of random 3-SAT near the threshold",
	Subject: "split and list",
	Axes: []measure.Axis{
		{Name: "k", Values: []measure.Value{int64(3)}},
		{Name: "ratio", Values: []measure.Value{4.27}},
		{Name: "variables", Values: evens(6, 22), Full: evens(24, 30)},
	},
	Trials: 5,
	Seed:   1,
	Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
}

// SplitAndList is Williams 2005: sizes, and as many pairs as models.
var SplitAndList = declare(Claim{
	ID:    "split-and-list",
	Title: "A formula becomes two lists of 2^(n/2) vectors",
	Statement: "A formula of n variables and m clauses becomes an orthogonal-vectors instance of at most 2^⌈n/2⌉ vectors a " +
		"side in at most m dimensions, whose orthogonal pairs are as many as the models (of the variables that occur in clauses).",
	Source:      finegrain.Source{Paper: finegrain.Williams2005, Provenance: finegrain.Stated},
	Kind:        Reduces,
	Experiments: []measure.Experiment{splitAndListSizes},
	Judge: func(e Evidence) finegrain.Verdict {
		return exactly(e.Of(splitAndListSizes), "lists have at most 2^⌈n/2⌉ vectors in at most m dimensions, and as many "+
			"orthogonal pairs as an independent counter finds models",
			func(r row) error {
				limit := int64(1) << ((int64(r.number("variables")) + 1) / 2)
				a, b, d, clauses := r.count("vectors_a"), r.count("vectors_b"), r.count("dimension"), r.count("clauses")
				pairs, free, models := r.count("pairs"), r.count("free"), r.count("models")
				switch {
				case a > limit || b > limit:
					return fmt.Errorf("%d and %d vectors, at most %d are stated", a, b, limit)
				case d > clauses:
					return fmt.Errorf("%d dimensions of %d clauses", d, clauses)
				case pairs<<free != models:
					return fmt.Errorf("%d orthogonal pairs, %d variables in no clause, %d models", pairs, free, models)
				}
				return nil
			})
	},
	Expect: func(m *measure.Measurement) {
		half := int64(1) << (int(number(*m, "variables")+1) / 2)
		c := m.Counts
		c["vectors_a"], c["vectors_b"], c["clauses"], c["dimension"], c["pairs"], c["free"], c["models"] = half, half-1, 9, 8, 5, 0, 5
	},
	Figures: []Drawing{{ID: "split-and-list-sizes", Draw: func(e Evidence) (figure.Figure, error) {
		rows := e.Of(splitAndListSizes)
		f := figure.Figure{
			Title: "Vectors of the longer list against variables",
			Caption: "Random 3-SAT with 4.27 clauses a variable; medians of the trials with the least and the largest. Half-assignments " +
				"that falsify a clause of their own half are left out, so that lists are shorter than the bound.",
			Alt: "Vectors of the longer list against variables, and the bound 2^⌈n/2⌉.",
			X:   figure.Axis{Label: "variables of the formula"},
			Y:   figure.Axis{Label: "vectors of the longer list", Base: 2},
		}
		longer := func(m measure.Measurement) (float64, bool) {
			return float64(max(m.Counts["vectors_a"], m.Counts["vectors_b"])), m.Status == measure.Done
		}
		measured := rows.Points("variables", longer)
		limit := figure.Series{Name: "2^⌈n/2⌉", Kind: figure.Limit}
		for _, p := range measured {
			limit.Points = append(limit.Points, figure.Point{X: p.X, Y: math.Exp2(math.Ceil(p.X / 2))})
		}
		f.Series = []figure.Series{{Name: "longer list", Kind: figure.Measured, Points: measured}, limit}
		return f, nil
	}}},
})
