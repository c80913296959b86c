package claims

import (
	"cmp"
	"fmt"
	"slices"

	"finegrain"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// Rows of a store, as samples to fit and points to draw. What was censored is no sample, and is drawn as censored.

// Evidence is the measurements of the experiments that a claim declares.
type Evidence struct {
	env  finegrain.Env // for the permutations of fits
	rows map[string]Table
}

// NewEvidence sorts measurements by experiment.
func NewEvidence(env finegrain.Env, all []measure.Measurement) Evidence {
	e := Evidence{env, map[string]Table{}}
	for _, m := range all {
		e.rows[m.Experiment] = append(e.rows[m.Experiment], m)
	}
	return e
}

// Of returns the measurements of an experiment; none if it was not run.
func (e Evidence) Of(experiment measure.Experiment) Table { return e.rows[experiment.ID] }

// Table is measurements of one experiment.
type Table []measure.Measurement

// Quantity is a number of a measurement, and whether the measurement has it. A censored one may have seconds: those
// after which it was stopped.
type Quantity func(measure.Measurement) (float64, bool)

// Seconds is the time that a trial took.
func Seconds(m measure.Measurement) (float64, bool) {
	return m.Seconds, m.Seconds > 0 && (m.Status == measure.Done || m.Status == measure.OutOfTime)
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

// Done keeps the measurements that were neither censored nor failed.
func (t Table) Done() Table {
	var kept Table
	for _, m := range t {
		if m.Status == measure.Done {
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

// Samples are the trials at each size, sizes ascending; x is a numeric parameter.
func (t Table) Samples(x string, y Quantity) []fit.Sample {
	var all []fit.Sample
	for _, m := range t.Done() {
		value, ok := y(m)
		if !ok {
			continue
		}
		at := number(m, x)
		i, found := slices.BinarySearchFunc(all, at, func(s fit.Sample, at float64) int {
			return cmp.Compare(s.X, at)
		})
		if !found {
			all = slices.Insert(all, i, fit.Sample{X: at})
		}
		all[i].Y = append(all[i].Y, value)
	}
	return all
}

// Points are the same to draw: the median of the trials, the least and the largest as interval, and where no trial
// was done what censored it.
func (t Table) Points(x string, y Quantity) []figure.Point {
	var points []figure.Point
	for _, s := range t.Samples(x, y) {
		p := figure.Point{X: s.X, Y: fit.Median(s.Y)}
		if low, high := slices.Min(s.Y), slices.Max(s.Y); low < high {
			p.Low, p.High = low, high
		}
		points = append(points, p)
	}
	for _, m := range t {
		at := number(m, x)
		if value, ok := y(m); ok && m.Status != measure.Done &&
			!slices.ContainsFunc(points, func(p figure.Point) bool { return p.X == at }) {
			points = append(points, figure.Point{X: at, Y: value, Censored: m.Reason})
		}
	}
	slices.SortFunc(points, func(a, b figure.Point) int { return cmp.Compare(a.X, b.X) })
	return points
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
