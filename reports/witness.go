package reports

import (
	"fmt"
	"strings"

	"finegrain/experiments"
	"finegrain/sat"
)

// The way back: the flagged row, its partner, the model that they make, and for each clause the literals
// that satisfy it, which is all that it takes to believe the model.

type witness struct {
	Row, Partner   experiments.Half
	Output, Weight string
	Model          string
	Clauses        []checkedClause
}

type checkedClause struct {
	Number   int
	Literals []checkedLiteral
	By       string // the true literals
}

type checkedLiteral struct {
	Text string
	True bool
}

func newWitness(p experiments.Picture) *witness {
	w := &witness{
		Row: p.Rows[p.Flagged], Partner: p.Columns[p.Partner],
		Output: number(p.Outputs[p.Flagged]), Weight: number(p.Weights[p.Flagged][p.Partner]),
	}
	var values []string
	for i, value := range p.Model {
		values = append(values, fmt.Sprintf("x%d=%d", i+1, digit(value)))
	}
	w.Model = strings.Join(values, " ")
	for i, clause := range p.Formula.Clauses {
		c := checkedClause{Number: i + 1}
		var by []string
		for _, l := range clause {
			literal := checkedLiteral{Text: literalText(l), True: p.Model[l.Variable()-1] == (l > 0)}
			if literal.True {
				by = append(by, literal.Text)
			}
			c.Literals = append(c.Literals, literal)
		}
		c.By = strings.Join(by, ", ")
		if c.By == "" {
			c.By = "none: the clause is falsified"
		}
		w.Clauses = append(w.Clauses, c)
	}
	return w
}

func literalText(l sat.Literal) string {
	if l < 0 {
		return fmt.Sprintf("¬x%d", l.Variable())
	}
	return fmt.Sprintf("x%d", l.Variable())
}

func digit(value bool) int {
	if value {
		return 1
	}
	return 0
}
