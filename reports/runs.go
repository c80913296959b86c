package reports

import (
	"math/big"
	"strconv"

	"finegrain/algorithms/attention"
	"finegrain/experiments"
)

// The table of runs: a group of rows for each formula, a row for each route.
var runsSection = section{
	ID: "runs", Title: "Every formula through every route",
	Data: ofPipeline(func(r experiments.Reproduction) (any, error) {
		var groups []formulaRows
		for i, f := range r.Formulas {
			group := formulaRows{
				Name: f.Name, Kind: f.Kind, Command: f.Command,
				Size: plural(strconv.Itoa(f.Formula.Variables), "variable") + ", " +
					plural(strconv.Itoa(len(f.Formula.Clauses)), "clause"),
				Answer:  answer(f.Check.Satisfiable),
				Count:   plural(count(f.Check.Count), "model"),
				Seconds: seconds(f.Check.Seconds),
			}
			for j, run := range f.Runs {
				group.Runs = append(group.Runs, newRunRow(anchor(i, j), run))
			}
			groups = append(groups, group)
		}
		return groups, nil
	}),
}

type formulaRows struct {
	Name, Kind, Command string
	Size                string
	// Of the independent check.
	Answer, Count, Seconds string

	Runs []runRow
}

type runRow struct {
	Anchor, Route, Algorithm string
	Verdict                  verdict
	Answer, Count            string
	Calls, N, D              string
	B, Scale                 string
	Tolerated, Guaranteed    string
	Observed, Seconds        string
}

const none = "–"

func newRunRow(anchor string, run experiments.RouteRun) runRow {
	row := runRow{
		Anchor: anchor, Route: run.Route, Algorithm: none, Verdict: judge(run), Answer: none, Count: none,
		Calls: none, N: none, D: none, B: none, Scale: none, Tolerated: none, Guaranteed: none, Observed: none,
		Seconds: seconds(run.Seconds),
	}
	if run.Err != nil {
		return row
	}
	row.Algorithm, row.Answer, row.Count = run.Algorithm, answer(run.Satisfiable), "decides only"
	if run.Count != nil {
		row.Count = count(run.Count)
	}
	use := run.Oracle
	row.Calls = strconv.Itoa(use.Calls)
	if use.Calls > 0 {
		row.N, row.D = strconv.Itoa(use.N), strconv.Itoa(use.D)
		row.B, row.Scale = number(use.B), number(use.Scale)
		row.Tolerated, row.Guaranteed = number(use.Tolerated), number(attention.ThreeDigitsUp(use.Guaranteed))
		row.Observed = number(use.Observed)
	}
	return row
}

func answer(satisfiable bool) string {
	if satisfiable {
		return "satisfiable"
	}
	return "unsatisfiable"
}

func count(models *big.Int) string {
	if models == nil {
		return none
	}
	return models.String()
}
