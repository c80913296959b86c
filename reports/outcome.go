package reports

import (
	"fmt"
	"strconv"

	"finegrain/experiments"
)

// What came out, in a sentence; what disagrees, by name; and how to run it again.
var outcomeSection = section{
	ID: "outcome", Title: "Formulas through attention",
	Data: ofPipeline(func(r experiments.Reproduction) (any, error) {
		return newOutcome(r), nil
	}),
}

type outcome struct {
	Formulas, Runs int
	Satisfiable    int
	Calls          int
	Problems       []problem
	Again          [][2]string
	Command        string
}

// Trouble counts the problems.
func (o outcome) Trouble() string { return plural(strconv.Itoa(len(o.Problems)), "problem") }

// problem is something that stands out: a run that failed or disagrees.
type problem struct{ Anchor, What, How string }

func newOutcome(r experiments.Reproduction) outcome {
	o := outcome{Formulas: len(r.Formulas), Command: r.Command}
	for i, f := range r.Formulas {
		if f.Check.Satisfiable {
			o.Satisfiable++
		}
		for j, run := range f.Runs {
			o.Runs++
			o.Calls += run.Oracle.Calls
			if verdict := judge(run); !verdict.OK {
				o.Problems = append(o.Problems, problem{anchor(i, j), f.Name + ", " + run.Route, verdict.Text})
			}
		}
	}
	o.Again = [][2]string{
		{"seed", strconv.FormatUint(r.Seed, 10)},
		{"version", orUnknown(r.Version)},
		{"Go", orUnknown(r.Go)},
		{"processor", orUnknown(r.CPU)},
		{"cores used", strconv.Itoa(r.Cores)},
		{"took", seconds(r.Seconds) + " s"},
	}
	return o
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// verdict is how a run compares with its check. Its text says so without colour.
type verdict struct {
	OK   bool
	Text string
}

func judge(run experiments.RouteRun) verdict {
	switch {
	case run.Err != nil:
		return verdict{Text: "failed: " + run.Err.Error()}
	case run.Disagreement != "":
		return verdict{Text: "disagrees: " + run.Disagreement}
	default:
		return verdict{OK: true, Text: "agrees"}
	}
}

// anchor is the address within the page of the run of formula i through its route j.
func anchor(i, j int) string { return fmt.Sprintf("run-%d-%d", i+1, j+1) }
