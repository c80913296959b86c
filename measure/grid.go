package measure

import (
	"fmt"
	"slices"
	"strings"
)

// The grid: from axes to cells, everything checked before anything is made.

// Cells lists the cells of an experiment on its subject, the last axis running fastest; with full also those of the
// values that only a full run takes. What is wrong is a *FieldError.
func Cells(e Experiment, s Subject, full bool) ([]Cell, error) {
	if err := e.validate(s); err != nil {
		return nil, err
	}
	wrong := func(field string, index int, format string, args ...any) error {
		return &FieldError{e.ID, field, index, fmt.Sprintf(format, args...)}
	}
	type axis struct {
		parameter int // index of it
		values    []Value
	}
	var axes []axis
	cells := 1
	for _, x := range e.Axes {
		field := "grid." + x.Name
		at := slices.IndexFunc(s.Parameters, func(p Parameter) bool { return p.Name == x.Name })
		switch {
		case at < 0:
			return nil, wrong(field, -1, "%s has no parameter %q; it has %s", s.Name, x.Name, strings.Join(s.names(), ", "))
		case slices.ContainsFunc(axes, func(a axis) bool { return a.parameter == at }):
			return nil, wrong(field, -1, "comes twice; name each parameter once")
		case len(x.Values) == 0:
			return nil, wrong(field, -1, "has no values; give one, or leave it out for the default")
		}
		a := axis{parameter: at}
		seen := map[Value]bool{}
		for i, given := range slices.Concat(x.Values, x.Full) {
			field, index := field, i
			if i >= len(x.Values) {
				field, index = "full."+x.Name, i-len(x.Values)
			}
			v, err := s.Parameters[at].accept(given)
			switch {
			case err != nil:
				return nil, wrong(field, index, "%v", err)
			case seen[v]:
				return nil, wrong(field, index, "%s comes twice; give each value once", quoted(v))
			}
			seen[v] = true
			if full || i < len(x.Values) {
				a.values = append(a.values, v)
			}
		}
		if len(a.values) > MaxCells/cells {
			return nil, wrong(field, -1, "makes more than %d cells; take fewer values, or several experiments", MaxCells)
		}
		cells *= len(a.values)
		axes = append(axes, a)
	}
	if e.Trials > maxRows/cells {
		return nil, wrong("trials", -1, "%d of %d cells are more than %d measurements; take fewer", e.Trials, cells, maxRows)
	}
	usual := make(Cell, len(s.Parameters))
	for i, p := range s.Parameters {
		usual[i] = Setting{p.Name, p.Default}
		if p.Default != nil {
			usual[i].Value, _ = p.accept(p.Default) // accepted when the subject was declared
		} else if !slices.ContainsFunc(axes, func(a axis) bool { return a.parameter == i }) {
			return nil, wrong("grid", -1, "%s needs a value for %q: %s", s.Name, p.Name, p.Doc)
		}
	}
	all := make([]Cell, cells)
	for i := range all {
		c := slices.Clone(usual)
		for rest, k := i, len(axes)-1; k >= 0; k-- {
			a := axes[k]
			c[a.parameter].Value = a.values[rest%len(a.values)]
			rest /= len(a.values)
		}
		if s.Accepts != nil {
			if err := s.Accepts(c); err != nil {
				return nil, wrong("grid", -1, "%v: %v", c, err)
			}
		}
		all[i] = c
	}
	return all, nil
}

// Within keeps the measurements of an experiment that its declaration asks for, in their order: those of its cells, with
// full of its full grid, and of its trials. elsewhere is how many more are of the experiment: a store may have them
// from when it was declared otherwise. Rows of other experiments are left out and not counted. Within panics where
// the experiment is one that Run refuses.
func Within(e Experiment, s Subject, full bool, rows []Measurement) (kept []Measurement, elsewhere int) {
	cells, err := Cells(e, s, full)
	if err != nil {
		panic("measure: " + err.Error())
	}
	declared := make(map[string]bool, len(cells))
	for _, c := range cells {
		declared[c.String()] = true
	}
	for _, m := range rows {
		switch {
		case m.Experiment != e.ID:
		case m.Trial < e.Trials && declared[m.Cell.String()]:
			kept = append(kept, m)
		default:
			elsewhere++
		}
	}
	return kept, elsewhere
}

func (s Subject) names() []string {
	names := make([]string, len(s.Parameters))
	for i, p := range s.Parameters {
		names[i] = p.Name
	}
	return names
}
