package claims

import (
	"fmt"
	"slices"
	"strings"

	"finegrain"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// Judging: evidence in, verdict and figures out. Nothing is measured here.

// Judged is a claim with what became of it.
type Judged struct {
	Claim
	Verdict  finegrain.Verdict
	Drawn    []figure.Figure
	Measured int // rows that its experiments have
	Censored int // of them
}

// judge judges a claim and draws its figures. A claim without a row is unmeasured, and has no figure. One of whose
// measurements failed is refuted: what was stated did not happen. data names the place that a figure can be written
// again from.
func (c Claim) judge(e Evidence, seed uint64, data string) (Judged, error) {
	j := Judged{Claim: c}
	var rows Table
	for _, x := range c.Experiments {
		rows = append(rows, e.Of(x)...)
	}
	j.Measured, j.Censored = len(rows), len(rows)-len(rows.Done())
	if len(rows) == 0 {
		j.Verdict = finegrain.Verdict{Outcome: finegrain.Unmeasured, Because: "Nothing was measured yet; finegrain reproduce does."}
		return j, nil
	}
	if failed := rows.Failed(); failed != "" {
		j.Verdict = finegrain.Verdict{Outcome: finegrain.Refuted, Because: "A measurement failed: " + failed + "."}
	} else {
		j.Verdict = c.Judge(e)
	}
	for _, d := range c.Figures {
		f, err := d.Draw(e)
		if err != nil {
			return j, fmt.Errorf("claims: figure %s: %w", d.ID, err)
		}
		f.Series = slices.DeleteFunc(f.Series, func(s figure.Series) bool { return len(s.Points) == 0 })
		if len(f.Series) == 0 && f.Grid == nil {
			continue // nothing that it shows was measured, as the verdict says
		}
		f.ID = d.ID
		f.Source = SourceOf(rows, seed, fmt.Sprintf("finegrain report --figure %s %s", d.ID, data))
		f.Source.Data = f.Hash()
		if err := f.Validate(); err != nil {
			return j, fmt.Errorf("claims: %w", err)
		}
		j.Drawn = append(j.Drawn, f)
	}
	return j, nil
}

// JudgeAll judges claims on the measurements of a store. data names the store on a command line.
func JudgeAll(env finegrain.Env, of []Claim, all []measure.Measurement, data string) ([]Judged, error) {
	e := NewEvidence(env.Sub("judge"), all)
	var judged []Judged
	for _, c := range of {
		j, err := c.judge(e, env.Seed, data)
		if err != nil {
			return nil, err
		}
		judged = append(judged, j)
	}
	return judged, nil
}

// SourceOf is where measurements come from: all machines and versions, and the last day.
func SourceOf(rows Table, seed uint64, command string) figure.Source {
	s := figure.Source{Command: command, Seed: seed}
	var versions, machines []string
	note := func(to *[]string, x string) {
		if x != "" && !slices.Contains(*to, x) {
			*to = append(*to, x)
		}
	}
	for _, m := range rows {
		version := m.Machine.Version
		if m.Machine.Dirty {
			version += " with changes"
		}
		note(&versions, version)
		note(&machines, fmt.Sprintf("%s, %d cores, kernel %s", m.Machine.CPU, m.Machine.Cores, m.Machine.Kernel))
		s.Date = max(s.Date, m.At.UTC().Format("2006-01-02"))
	}
	s.Version, s.Machine = strings.Join(versions, "; "), strings.Join(machines, "; ")
	return s
}

// growth judges the median of a quantity at each size against what is claimed of its growth. what names the
// quantity at the beginning of a sentence.
func (e Evidence) growth(what string, c fit.Claimed, rows Table, x string, y Quantity) finegrain.Verdict {
	undecided := func(why error) finegrain.Verdict {
		return finegrain.Verdict{Outcome: finegrain.Undecided, Because: fmt.Sprintf("%s: %v.", what, why)}
	}
	points, err := fit.Collapse(rows.Samples(x, y), fit.Median)
	if err != nil {
		return undecided(err)
	}
	j, err := fit.Judge(e.env.Sub(what), c, points, fit.Options{})
	if err != nil {
		return undecided(err)
	}
	j.Verdict.Because = what + ": " + j.Verdict.Because
	return j.Verdict
}

// quadratic judges that seconds grow at most with exponent 2 in n, for each d. The tolerance is for what is linear in n
// and small beside the rest, and for caches that the largest sizes leave.
func (e Evidence) quadratic(rows Table) finegrain.Verdict {
	var parts []finegrain.Verdict
	for _, d := range rows.Values("d") {
		parts = append(parts, e.growth(fmt.Sprintf("Seconds at d = %v", d), fit.Claimed{Exponent: 2, Tolerance: 0.1},
			rows.Where("d", d), "n", Seconds))
	}
	return finegrain.Worst(parts...)
}

// exactly judges that a property holds of every row, which are what says: consistent if it does, refuted by the
// first of which it does not.
func exactly(rows Table, what string, holds func(measure.Measurement) error) finegrain.Verdict {
	done := rows.Done()
	if len(done) == 0 {
		return finegrain.Verdict{Outcome: finegrain.Undecided, Because: fmt.Sprintf("No measurement ended of which %s could be judged.", what)}
	}
	for _, m := range done {
		if err := holds(m); err != nil {
			return finegrain.Verdict{Outcome: finegrain.Refuted, Because: fmt.Sprintf("%s does not hold at %s, trial %d: %v.", upperFirst(what), m.Cell, m.Trial, err)}
		}
	}
	return finegrain.Verdict{Outcome: finegrain.Consistent, Because: fmt.Sprintf("%s in all %d measurements.", upperFirst(what), len(done))}
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
