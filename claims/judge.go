package claims

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"finegrain"
	"finegrain/experiments"
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
	Notes    []string      // what kept a figure from being drawn, and what was censored, in sentences
	Made     figure.Source // where the measurements come from
	Measured int           // rows that its experiments have
	Censored int           // of them
	Failed   int           // of them
}

// judge judges a claim and draws its figures. A claim without a row is unmeasured, and has no figure. What a judge
// finds consistent is undecided where some of the quick grid was not measured to its end, since then part of the test
// was not made. data names the place that a figure can be written again from.
func (c Claim) judge(e Evidence, seed uint64, data string) Judged {
	j := Judged{Claim: c}
	var rows Table
	for _, x := range slices.Concat(c.Experiments, c.Shown) {
		rows = append(rows, e.Of(x)...)
	}
	j.Measured, j.Censored, j.Failed = len(rows), len(rows)-len(rows.with(measure.Done))-len(rows.with(measure.Failure)),
		len(rows.with(measure.Failure))
	if len(rows) == 0 {
		j.Verdict = finegrain.Verdict{Outcome: finegrain.Unmeasured, Because: "Nothing was measured yet; finegrain reproduce does."}
		return j
	}
	j.Made = SourceOf(rows, seed, "")
	j.Verdict = c.Judge(e)
	if missing := c.missing(e); missing != "" && j.Verdict.Outcome != finegrain.Refuted {
		j.Verdict = finegrain.Verdict{Outcome: finegrain.Undecided, Because: missing + " " + j.Verdict.Because}
	}
	j.Notes = rows.notes()
	for _, x := range slices.Concat(c.Experiments, c.Shown) {
		if n := e.elsewhere[x.ID]; n > 0 {
			j.Notes = append(j.Notes, fmt.Sprintf("Left out: %d measurements of %s as another version declared it.", n, x.ID))
		}
	}
	for _, d := range c.Figures {
		f, err := d.Draw(e)
		f.Series = slices.DeleteFunc(f.Series, func(s figure.Series) bool { return len(s.Points) == 0 })
		if err == nil && len(f.Series) == 0 && f.Grid == nil {
			continue // nothing that it shows was measured, as the verdict says
		}
		if err == nil {
			f.ID = d.ID
			f.Alt = strings.TrimSpace(f.Alt + " " + ends(f))
			f.Source = SourceOf(rows, seed, fmt.Sprintf("finegrain report --figure %s %s", d.ID, data))
			f.Source.Data = f.Hash()
			err = f.Validate()
		}
		same := func(g figure.Figure) bool { return g.Choice.Of != "" && g.Choice == f.Choice }
		if twin := slices.IndexFunc(j.Drawn, same); err == nil && twin >= 0 {
			err = fmt.Errorf("%s has the same option %q of the choice of %q", j.Drawn[twin].ID, f.Choice.Option, f.Choice.Of)
		}
		if err != nil {
			j.Notes = append(j.Notes, fmt.Sprintf("The figure %s cannot be drawn: %v.", d.ID, err))
			continue
		}
		j.Drawn = append(j.Drawn, f)
	}
	return j
}

// missing says what of the quick grids that the judge reads was not measured to its end, in a sentence; empty: nothing.
func (c Claim) missing(e Evidence) string {
	for _, x := range c.Experiments {
		subject, err := experiments.SubjectNamed(x.Subject)
		if err != nil {
			return upperFirst(err.Error()) + "."
		}
		cells, err := measure.Cells(x, subject, false)
		if err != nil {
			return upperFirst(err.Error()) + "."
		}
		ended := map[string]int{}
		for _, m := range e.Of(x).with(measure.Done) {
			ended[m.Cell.String()]++
		}
		lacking, first := 0, ""
		for _, cell := range cells {
			if n := x.Trials - ended[cell.String()]; n > 0 {
				if lacking += n; first == "" {
					first = cell.String()
				}
			}
		}
		if lacking == 0 {
			continue
		}
		if failed := e.Of(x).Failed(); failed != "" {
			return fmt.Sprintf("A measurement of %s failed: %s.", x.ID, failed)
		}
		return fmt.Sprintf("Of %d measurements of %s %d are missing or censored, the first at %s.",
			len(cells)*x.Trials, x.ID, lacking, first)
	}
	return ""
}

// ends says in words where every series begins and ends, for those who do not see them.
func ends(f figure.Figure) string {
	var parts []string
	for _, s := range f.Series {
		first, last := s.Points[0], s.Points[len(s.Points)-1]
		text := fmt.Sprintf("%s, %v: from %.3g at %.4g to %.3g at %.4g", s.Name, s.Kind, first.Y, first.X, last.Y, last.X)
		if last.Censored != "" {
			text += ", where it was censored"
		}
		parts = append(parts, text+".")
	}
	return strings.Join(parts, " ")
}

// JudgeAll judges claims on the measurements of a store. data names the store, quoted as a shell wants it.
func JudgeAll(env finegrain.Env, of []Claim, all []measure.Measurement, data string) []Judged {
	e := NewEvidence(env.Sub("judge"), of, all)
	var judged []Judged
	for _, c := range of {
		judged = append(judged, c.judge(e, env.Seed, data))
	}
	return judged
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
		note(&versions, m.Machine.Build())
		note(&machines, m.Machine.String())
		s.Date = max(s.Date, m.At.UTC().Format("2006-01-02"))
	}
	s.Version, s.Machine = strings.Join(versions, "; "), strings.Join(machines, "; ")
	return s
}

// growth judges the median of a quantity at each size against what is claimed of its growth. what names the
// quantity at the beginning of a sentence. A size at which half of the trials were censored has no median: a claim of
// an upper bound is then not supported.
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
	if at := rows.censoredSizes(x, y); len(at) > 0 && j.Verdict.Outcome == finegrain.Consistent {
		j.Verdict.Outcome = finegrain.Undecided
		j.Verdict.Because += fmt.Sprintf(" But at %s = %g half of the trials or more were censored.", x, at[0])
	}
	return j.Verdict
}

// grown is one of several quantities whose growth is claimed.
type grown struct {
	what    string // at the beginning of a sentence
	claimed fit.Claimed
	rows    Table
	x       string
	y       Quantity
}

// growths judges several. Where all are as claimed it names how many, and tells of the one nearest to its bound alone.
func (e Evidence) growths(all []grown) finegrain.Verdict {
	var parts []finegrain.Verdict
	nearest, text := math.Inf(-1), ""
	for _, g := range all {
		v := e.growth(g.what, g.claimed, g.rows, g.x, g.y)
		parts = append(parts, v)
		points, err := fit.Collapse(g.rows.Samples(g.x, g.y), fit.Median)
		if err != nil {
			continue
		}
		if slope, err := g.claimed.Slope(points, .95); err == nil && slope.High-g.claimed.Exponent > nearest {
			nearest, text = slope.High-g.claimed.Exponent, v.Because
		}
	}
	joined := finegrain.Worst(parts...)
	if joined.Outcome == finegrain.Consistent && len(all) > 1 {
		joined.Because = fmt.Sprintf("All %d growths are as claimed. Nearest to its bound: %s", len(all), text)
	}
	return joined
}

// byCaches is how far from the claimed exponent seconds may lie before they refute a claim about operations: a
// factor of 5 over a range of 32, as when data leave one cache and then another. Nearer to it they leave the claim
// undecided, since the counts, which are exact, agree with it.
const byCaches = 0.5

// seconds judges how seconds grow with n. A tolerance of 0.1 is for what is of lower order and small beside the rest.
func (e Evidence) seconds(what string, c fit.Claimed, rows Table) finegrain.Verdict {
	judge := func(tolerance float64) finegrain.Verdict {
		c.Tolerance = tolerance
		return e.growth(what, c, rows, "n", Seconds)
	}
	v := judge(0.1)
	if v.Outcome == finegrain.Refuted && judge(byCaches).Outcome != finegrain.Refuted {
		v.Outcome = finegrain.Undecided
		v.Because += " That is within what caches do to seconds, and the operations are as claimed."
	}
	return v
}

// quadratic judges that seconds grow at most with exponent 2 in n, for each d.
func (e Evidence) quadratic(rows Table) (parts []finegrain.Verdict) {
	for _, d := range rows.Values("d") {
		parts = append(parts, e.seconds(fmt.Sprintf("Seconds at d = %v", d), fit.Claimed{Exponent: 2}, rows.Where("d", d)))
	}
	return parts
}

// exactly judges that a property holds of every row that was done, which is what says, in words that begin a sentence:
// consistent if it does, refuted by the first of which it does not, undecided if there is none, or one lacks what the
// property is about.
func exactly(rows Table, what string, holds func(row) error) finegrain.Verdict {
	return each(rows, finegrain.Refuted, what, holds)
}

// control judges that a test was one: what must have shown, such as a lie that is noticed. If it did not, the test
// shows nothing, and the claim is undecided.
func control(rows Table, what string, shows func(row) error) finegrain.Verdict {
	return each(rows, finegrain.Undecided, what, shows)
}

func each(rows Table, otherwise finegrain.Outcome, what string, holds func(row) error) finegrain.Verdict {
	done := rows.with(measure.Done)
	if len(done) == 0 {
		return finegrain.Verdict{Outcome: finegrain.Undecided, Because: fmt.Sprintf("There is no measurement that would show: %s.", what)}
	}
	for _, m := range done {
		var lacks string
		err := holds(row{m, &lacks})
		switch {
		case lacks != "":
			return finegrain.Verdict{
				Outcome: finegrain.Undecided,
				Because: fmt.Sprintf("The measurement at %s, trial %d, has no %q, which would show: %s.", m.Cell, m.Trial, lacks, what),
			}
		case err != nil:
			return finegrain.Verdict{
				Outcome: otherwise,
				Because: fmt.Sprintf("Not so at %s, trial %d, where %v: %s.", m.Cell, m.Trial, err, what),
			}
		}
	}
	return finegrain.Verdict{
		Outcome: finegrain.Consistent, Because: fmt.Sprintf("%s in all %d measurements.", upperFirst(what), len(done)),
	}
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
