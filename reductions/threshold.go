package reductions

// The threshold route, route A: orthogonal vectors by one call to attention ("derived here"; the layout is
// the baseline that the routes of Alman and Song 2023 improve on in the size of the entries).
//
// n is the number of data keys, the vectors of B; T = ln 2n, the scale is 1. Queries −√T·a_i, keys √T·b_j with value 1, and
// one zero key with value 0. With S_i = Σ_j e^{−T⟨a_i,b_j⟩}, row i of the output is S_i/(S_i+1):
//
//	an orthogonal partner contributes e⁰ = 1, so S_i ≥ 1 and the output is ≥ 1/2;
//	without one every ⟨a_i,b_j⟩ ≥ 1, so S_i ≤ n·e^{−T} = 1/2 and the output is ≤ 1/3.
//
// The threshold 5/12 lies 1/12 from both, so any additive error below 1/12 is tolerated. Rounding √T to
// float64 moves T by a relative 2⁻⁵², hence the second bound by less than 1e-13; the error asked is 1/12
// less one part in 2²⁰, which leaves a million times that.
//
// A zero query closes the list of queries, so that queries and keys are equally many where the lists are.
// Its output is n/(n+1), which reads as a positive: padding rows are never read.

import (
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/ovp"
)

const (
	// Threshold is the output above which a row has an orthogonal partner.
	Threshold = 5.0 / 12
	// ThresholdTolerance is the error that the threshold route tolerates, exclusive.
	ThresholdTolerance = 1.0 / 12
	// roundingShare of a tolerance is left for the rounding of an instance's entries to float64.
	roundingShare = 1.0 / (1 << 20)
)

// ThresholdInstance is the attention instance of the threshold route. It panics unless both sides and the
// dimension are positive: such instances are answered without attention.
func ThresholdInstance(in ovp.Instance) attention.Instance {
	a, b, d := in.A.N(), in.B.N(), in.A.D()
	if a == 0 || b == 0 || d == 0 {
		panic("reductions: the threshold route needs vectors on both sides and a dimension")
	}
	root := math.Sqrt(ThresholdTemperature(b))
	values := mat.NewDense(b+1, 1, nil)
	for j := range b {
		values.Set(j, 0, 1)
	}
	return attention.Instance{
		Q:       scaled(in.A, -root, 1),
		K:       scaled(in.B, root, 1),
		V:       values,
		Scale:   1,
		Epsilon: ThresholdTolerance * (1 - roundingShare),
	}
}

// ThresholdTemperature is T = ln 2n, by which the route multiplies inner products, for n data keys.
func ThresholdTemperature(n int) float64 { return math.Log(2 * float64(n)) }

// ThresholdRead finds an orthogonal pair of the instance in the output of its ThresholdInstance: the first
// flagged row, and its first partner, by a scan in O(nd).
func ThresholdRead(in ovp.Instance, out attention.Output) (ovp.Found, error) {
	row, err := flagged(out, in.A.N())
	if err != nil || row < 0 {
		return ovp.Found{}, err
	}
	return partner(in, row)
}

// scaled is the matrix with rows c·v for the vectors v, and the given number of zero rows below.
func scaled(vectors ovp.Vectors, c float64, zeros int) *mat.Dense {
	n, d := vectors.N(), vectors.D()
	m := mat.NewDense(n+zeros, d, nil)
	for i := range n {
		row := m.RawRowView(i)
		for k := range d {
			if vectors.Bit(i, k) {
				row[k] = c
			}
		}
	}
	return m
}

// flagged is the first of the data rows whose output exceeds the threshold, or −1. One padding row follows
// them and is not read. Anything but a column of finite numbers comes from no correct oracle.
func flagged(out attention.Output, data int) (int, error) {
	if err := readable(out, data+1); err != nil {
		return -1, err
	}
	limit := big.NewFloat(Threshold)
	for i := range data {
		if out.At(i, 0).Cmp(limit) > 0 {
			return i, nil
		}
	}
	return -1, nil
}

// readable returns nil if the output is one column of so many finite numbers.
func readable(out attention.Output, rows int) error {
	if err := out.WellFormed(rows, 1); err != nil {
		return fmt.Errorf("%w: %w", ErrBrokenPromise, err)
	}
	return nil
}

// The threshold route. It does not count.
var (
	// ThresholdDecision: is there an orthogonal pair?
	ThresholdDecision = declare(thresholdRoute("decision", ovp.Decision, func(in ovp.Instance, out attention.Output) (bool, error) {
		row, err := flagged(out, in.A.N())
		return row >= 0, err
	}, true))
	// ThresholdSearch finds an orthogonal pair.
	ThresholdSearch = declare(thresholdRoute("search", ovp.Search, ThresholdRead, ovp.Found{Any: true}))
)

// From formulas to attention by the threshold route.
var (
	SATByThresholdDecision = declare(Compose(SplitAndListDecision, ThresholdDecision))
	SATByThresholdSearch   = declare(Compose(SplitAndListSearch, ThresholdSearch))

	ThresholdRoute = declareRoute(Route{
		Name:   "threshold",
		Doc:    "split and list, then one attention call at scale 1 with entries √ln 2n, read against 5/12; decides and finds, does not count",
		Source: ThresholdSearch.Source,
		Search: SATByThresholdSearch,
	})
)

// partner scans for a vector of B orthogonal to row i of A. The oracle has promised that there is one.
func partner(in ovp.Instance, i int) (ovp.Found, error) {
	for j := range in.B.N() {
		if pair := (ovp.Pair{I: i, J: j}); in.Orthogonal(pair) {
			return ovp.Found{Any: true, Pair: pair}, nil
		}
	}
	return ovp.Found{}, fmt.Errorf("%w: row %d is flagged and has no orthogonal partner", ErrBrokenPromise, i)
}

// thresholdRoute is the route between orthogonal vectors with the given kind of answer and attention.
// all is the answer where d = 0 and every pair is orthogonal.
func thresholdRoute[A any](kind string, from finegrain.Problem[ovp.Instance, A], read func(ovp.Instance, attention.Output) (A, error), all A,
) Reduction[ovp.Instance, A, attention.Instance, attention.Output] {
	return Reduction[ovp.Instance, A, attention.Instance, attention.Output]{
		Name: "threshold route (" + kind + ")",
		Doc:  "Scores −ln(2n)·⟨a,b⟩ against one zero key: a row's output is at least 1/2 with an orthogonal partner and at most 1/3 without.",
		Source: finegrain.Source{
			Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
			Argument: "S ≥ 1 with a partner, S ≤ n·e^{−ln 2n} = 1/2 without; the output is S/(S+1)",
		},
		From: from,
		To:   attention.Problem,
		Kind: ManyOne,
		Bound: func(s finegrain.Size) Group {
			one := big.NewInt(1)
			queries, keys := s.Get("n"), s.Get("m")
			return Group{one, attentionSize(queries.Add(queries, one), keys.Add(keys, one), s.Get("d"))}
		},
		Growth: Growth{
			Size: map[string]Form{
				"queries": {Constant: 1, Log: map[string]float64{"n": 1}, Slack: 1},
				"keys":    {Constant: 1, Log: map[string]float64{"m": 1}, Slack: 1},
				"dim":     {Log: map[string]float64{"d": 1}},
				"values":  {},
			},
		},
		Plan: func(_ finegrain.Env, in ovp.Instance, _ finegrain.Oracle[attention.Instance, attention.Output],
		) (Plan[attention.Instance, attention.Output, A], error) {
			if in.A.N() == 0 || in.B.N() == 0 {
				var none A
				return answered[attention.Instance, attention.Output](none), nil
			}
			if in.A.D() == 0 {
				return answered[attention.Instance, attention.Output](all), nil
			}
			query := ThresholdInstance(in)
			return one(attention.Problem.Size(query), query, func(out attention.Output) (A, error) {
				return read(in, out)
			}), nil
		},
	}
}

func attentionSize(queries, keys, dim *big.Int) finegrain.Size {
	return finegrain.Size{}.With("queries", queries).With("keys", keys).With("dim", dim).WithInt("values", 1)
}
