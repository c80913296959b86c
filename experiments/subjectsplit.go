package experiments

import (
	"math"

	"finegrain"
	"finegrain/measure"
	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

// comparedPairs is up to how many pairs of half-assignments the orthogonal ones are counted, which takes a second or
// so.
const comparedPairs = 1 << 32

// SplitSubject measures split and list on random formulas. Counts: clauses, vectors_a, vectors_b, dimension, free
// (variables that occur in no clause); and outside the measured time models, as an independent counter finds them,
// and where the lists have no more than 2^32 pairs, pairs: how many are orthogonal. Then models = pairs·2^free.
var SplitSubject = declareSubject(measure.Subject{
	Name:       "split and list",
	Doc:        "split and list on random formulas, with the models counted by other means",
	Untimed:    true,
	Parameters: formulaParameters(2 * reductions.MaxHalf),
	Yields: []measure.Yield{
		{Name: "clauses", Doc: "of the formula"},
		{Name: "vectors_a", Doc: "of the first list"},
		{Name: "vectors_b", Doc: "of the second"},
		{Name: "dimension", Doc: "coordinates that are left"},
		{Name: "free", Doc: "variables that occur in no clause"},
		{Name: "models", Doc: "by an independent counter"},
		{Name: "pairs", Doc: "orthogonal ones, where the lists are not too long to compare"},
	},
	Accepts: acceptsFormula,
	Work: func(c measure.Cell) float64 {
		return float64(clauses(c)) * 2 * math.Exp2(math.Ceil(float64(c.Int("variables"))/2))
	},
	Bytes: func(c measure.Cell) float64 {
		return inFloat(unpruned(c).lists())
	},
	Prepare: func(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
		f, data, err := drawFormula(env, c)
		if err != nil {
			return measure.Trial{}, err
		}
		var last *reductions.Split
		return measure.Trial{
			Data: data,
			Run: func(env finegrain.Env) (measure.Outcome, error) {
				s, err := reductions.SplitAndList(env, f)
				if err != nil {
					return measure.Outcome{}, err
				}
				last = s
				return measure.Outcome{Counts: finegrain.Cost{
					"clauses": int64(len(f.Clauses)), "vectors_a": int64(s.OV.A.N()), "vectors_b": int64(s.OV.B.N()),
					"dimension": int64(s.OV.D()), "free": int64(s.Free),
				}}, nil
			},
			Observe: func(env finegrain.Env, out *measure.Outcome) error {
				models, err := sat.Count(env, f)
				if err != nil {
					return err
				}
				if out.Counts["models"], err = small(models); err != nil {
					return err
				}
				if int64(last.OV.A.N())*int64(last.OV.B.N()) > comparedPairs {
					return nil
				}
				pairs, _, err := ovp.Scan.Count(env, last.OV)
				if err != nil {
					return err
				}
				out.Counts["pairs"], err = small(pairs)
				return err
			},
		}, nil
	},
})
