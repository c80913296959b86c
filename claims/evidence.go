package claims

import (
	"cmp"
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

// Rows of a store, as samples to fit and points to draw. A censored trial counts as larger than what was measured beside
// it; a size of which half were censored is no sample. It is drawn as a bound from below only where all of them were
// stopped by their time: a refusal bounds nothing, since nothing ran.

// Evidence is the measurements of the experiments that a claim declares.
type Evidence struct {
	env       finegrain.Env // for the permutations of fits
	rows      map[string]Table
	elsewhere map[string]int // rows that are of no cell of the experiment as it is declared now
}

// NewEvidence picks the measurements of the experiments that claims declare. A store that an earlier version wrote may
// have rows of other cells and other parameters: they are left out.
func NewEvidence(env finegrain.Env, of []Claim, all []measure.Measurement) Evidence {
	e := Evidence{env, map[string]Table{}, map[string]int{}}
	for _, x := range Needed(of) {
		subject, err := experiments.SubjectNamed(x.Subject)
		if err != nil {
			panic("claims: " + err.Error()) // declare has seen it
		}
		e.rows[x.ID], e.elsewhere[x.ID] = measure.Within(x, subject, true, all)
	}
	return e
}

// Of returns the measurements of an experiment; none if it was not run.
func (e Evidence) Of(experiment measure.Experiment) Table { return e.rows[experiment.ID] }

// Table is measurements of one experiment.
type Table []measure.Measurement

// Quantity is a number of a measurement, and whether the measurement has it. Of a censored one it is a bound from below:
// one that was stopped has the seconds after which it was, and no count or value.
type Quantity func(measure.Measurement) (float64, bool)

// Seconds is the time that a trial took, or after which it was stopped. What ended, and was too slow to be observed
// afterwards, was not stopped after its seconds.
func Seconds(m measure.Measurement) (float64, bool) {
	stopped := m.Status == measure.OutOfTime && m.Repeats == 0
	return m.Seconds, m.Seconds > 0 && (m.Status == measure.Done || stopped)
}

// Count is the count of a kind of operation.
func Count(kind string) Quantity {
	return func(m measure.Measurement) (float64, bool) {
		n, ok := m.Counts[kind]
		return float64(n), ok && m.Status == measure.Done
	}
}

// ValueOf is a value that a trial yields.
func ValueOf(name string) Quantity {
	return func(m measure.Measurement) (float64, bool) {
		x, ok := m.Values[name]
		return x, ok && m.Status == measure.Done
	}
}

// Setting is a numeric parameter, as a quantity.
func Setting(parameter string) Quantity {
	return func(m measure.Measurement) (float64, bool) { return number(m, parameter), true }
}

// spread is the least and the largest of a quantity; false if no measurement that was done has it.
func (t Table) spread(y Quantity) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, m := range t.with(measure.Done) {
		if value, has := y(m); has {
			low, high, ok = min(low, value), max(high, value), true
		}
	}
	return low, high, ok
}

// Where keeps the measurements whose cells have the parameter at the value.
func (t Table) Where(parameter string, value measure.Value) Table {
	var kept Table
	for _, m := range t {
		if setting(m, parameter) == value {
			kept = append(kept, m)
		}
	}
	return kept
}

// with keeps the measurements that ended so.
func (t Table) with(status measure.Status) Table {
	var kept Table
	for _, m := range t {
		if m.Status == status {
			kept = append(kept, m)
		}
	}
	return kept
}

// Failed returns why a measurement failed, with its cell; empty if none did.
func (t Table) Failed() string {
	for _, m := range t {
		if m.Status == measure.Failure {
			return fmt.Sprintf("%s failed: %s", m.Cell, m.Reason)
		}
	}
	return ""
}

// Values lists what a parameter takes: numbers ascending, words by the alphabet.
func (t Table) Values(parameter string) []measure.Value {
	var all []measure.Value
	for _, m := range t {
		if v := setting(m, parameter); !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b measure.Value) int {
		switch a := a.(type) {
		case int64:
			return cmp.Compare(a, b.(int64))
		case float64:
			return cmp.Compare(a, b.(float64))
		default:
			return cmp.Compare(measure.Text(a), measure.Text(b))
		}
	})
	return all
}

// size is the trials of one size: those that have the quantity, and those that were censored, of which it is only
// known that they did not end.
type size struct {
	fit.Sample
	censored Table
}

// median reports whether the size has one: a censored trial counts as larger than all others.
func (s size) median() bool { return len(s.Y) > len(s.censored) }

func (t Table) sizes(x string, y Quantity) []size {
	var all []size
	for _, m := range t {
		if m.Status == measure.Failure {
			continue
		}
		value, has := y(m)
		if m.Status == measure.Done && !has {
			continue
		}
		at := number(m, x)
		i, found := slices.BinarySearchFunc(all, at, func(s size, at float64) int { return cmp.Compare(s.X, at) })
		if !found {
			all = slices.Insert(all, i, size{Sample: fit.Sample{X: at}})
		}
		if m.Status == measure.Done {
			all[i].Y = append(all[i].Y, value)
		} else {
			all[i].censored = append(all[i].censored, m)
		}
	}
	return all
}

// Samples are the trials at each size that has a median, sizes ascending; x is a numeric parameter. Where some trials
// were censored, fewer than half, each stands as large as the largest: the median is then one of the larger.
func (t Table) Samples(x string, y Quantity) []fit.Sample {
	var all []fit.Sample
	for _, s := range t.sizes(x, y) {
		if s.median() {
			all = append(all, fit.Sample{X: s.X, Y: s.trials()})
		}
	}
	return all
}

// trials are those of a size that has a median, a censored one as large as the largest.
func (s size) trials() []float64 {
	return slices.Concat(s.Y, slices.Repeat([]float64{slices.Max(s.Y)}, len(s.censored)))
}

// censoredSizes are the sizes without a median, ascending.
func (t Table) censoredSizes(x string, y Quantity) []float64 {
	var all []float64
	for _, s := range t.sizes(x, y) {
		if !s.median() {
			all = append(all, s.X)
		}
	}
	return all
}

// Points are the same to draw: the median of the trials with the least and the largest as interval. At a size without a
// median whose censored trials all have the quantity, which are seconds after which they were stopped, the point is
// censored, at the median of what all trials took at least, so that theirs lies above. Of other sizes, as where an
// algorithm refused, nothing is known, and there is no point: NotDrawn has them.
func (t Table) Points(x string, y Quantity) []figure.Point {
	var points []figure.Point
	for _, s := range t.sizes(x, y) {
		p := figure.Point{X: s.X}
		if s.median() {
			p.Y = fit.Median(s.trials())
			if low, high := slices.Min(s.Y), slices.Max(s.Y); low < high {
				p.Low, p.High = low, high
			}
		} else {
			least, ok := s.least(y)
			if !ok {
				continue
			}
			p.Y, p.Censored = fit.Median(least), inShort(s.censored[0].Reason)
		}
		points = append(points, p)
	}
	return points
}

// least are what the trials of a size are at least; false if of one nothing is known.
func (s size) least(y Quantity) ([]float64, bool) {
	all := slices.Clone(s.Y)
	for _, m := range s.censored {
		value, ok := y(m)
		if !ok {
			return nil, false
		}
		all = append(all, value)
	}
	return all, true
}

// NotDrawn are the censored measurements at the sizes at which Points has none.
func (t Table) NotDrawn(x string, y Quantity) Table {
	var all Table
	for _, s := range t.sizes(x, y) {
		if _, ok := s.least(y); !ok && !s.median() {
			all = append(all, s.censored...)
		}
	}
	return all
}

// mostReason is the most characters of a reason that a figure accepts.
const mostReason = 120

// inShort is why a measurement was censored, as figures have room for it: of a refusal what it gives as the cause, in
// brackets after what it advises.
func inShort(reason string) string {
	if _, cause, ok := strings.Cut(reason, " ("); ok && strings.HasSuffix(cause, ")") {
		reason = strings.TrimSuffix(cause, ")")
		for _, end := range []string{": ", "; ", ", and "} {
			reason, _, _ = strings.Cut(reason, end)
		}
	}
	if letters := []rune(reason); len(letters) > mostReason {
		reason = string(letters[:mostReason-1]) + "…"
	}
	return reason
}

// notes says how many measurements were censored or failed, with the reason of the first.
func (t Table) notes() []string {
	var notes []string
	for _, status := range []measure.Status{measure.OutOfTime, measure.OutOfRoom, measure.Refusal, measure.Failure} {
		if rows := t.with(status); len(rows) > 0 {
			notes = append(notes, fmt.Sprintf("Not done, %s: %d measurements of %s, the first because %s.",
				status, len(rows), rows[0].Experiment, strings.TrimSuffix(rows[0].Reason, ".")))
		}
	}
	return notes
}

// setting is a parameter of a measurement's cell. It panics if there is none: a misspelt name must not read as
// nothing.
func setting(m measure.Measurement, parameter string) measure.Value {
	v, ok := m.Cell.Lookup(parameter)
	if !ok {
		panic(fmt.Sprintf("claims: experiment %s has no parameter %q", m.Experiment, parameter))
	}
	return v
}

// number is a numeric parameter. It panics if there is none.
func number(m measure.Measurement, parameter string) float64 {
	x, ok := m.Cell.Number(parameter)
	if !ok {
		panic(fmt.Sprintf("claims: experiment %s has no number %q", m.Experiment, parameter))
	}
	return x
}

// row is a measurement as judges read it. What it lacks is noted, so that nothing that is missing reads as 0.
type row struct {
	measure.Measurement
	lacks *string // the first name that was asked for in vain
}

// count is the count of a kind of operation.
func (r row) count(kind string) int64 {
	n, ok := r.Counts[kind]
	if !ok && *r.lacks == "" {
		*r.lacks = kind
	}
	return n
}

// value is a value that the trial yielded; NaN if it did not.
func (r row) value(name string) float64 {
	x, ok := r.Values[name]
	if !ok {
		x = math.NaN()
		if *r.lacks == "" {
			*r.lacks = name
		}
	}
	return x
}

// number is a numeric parameter. It panics if there is none.
func (r row) number(parameter string) float64 { return number(r.Measurement, parameter) }
