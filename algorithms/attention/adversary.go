package attention

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

// Adversaries of the attention problem: oracles whose every answer is within ε and none of them helpful.
// What a reduction reads off must survive errors of the full ε in the directions that hurt it, from call
// to call as much as from row to row; and wrong oracles, whose answers must not survive.

// background serves Problem's functions that have no Env.
var background = context.Background()

// distortion is the part of ε by which adversaries move: with the reference's own error still below ε.
const distortion = 1 - 0x1p-20

// A direction gives the sign of the error in row i and column j of call number call.
type direction struct {
	name string
	sign func(r *rand.Rand, call, i, j int) int
}

var directions = []direction{
	{"truthful", func(*rand.Rand, int, int, int) int { return 0 }},
	{"every output up", func(*rand.Rand, int, int, int) int { return 1 }},
	{"every output down", func(*rand.Rand, int, int, int) int { return -1 }},
	{"alternating by row", func(_ *rand.Rand, _, i, _ int) int { return 1 - 2*(i&1) }},
	{"alternating by call, up first", func(_ *rand.Rand, call, _, _ int) int { return 1 - 2*(call&1) }},
	{"alternating by call, down first", func(_ *rand.Rand, call, _, _ int) int { return 2*(call&1) - 1 }},
	{"checkerboard", func(_ *rand.Rand, _, i, j int) int { return 1 - 2*((i+j)&1) }},
	{"random signs", func(r *rand.Rand, _, _, _ int) int { return 1 - 2*r.IntN(2) }},
}

// Adversary draws a direction of error and a form of answer: arbitrary precision always; float64 where
// that resolves ε; or float64 and, like a float64 machine, no promise where it does not. It counts its
// calls, so one is drawn for each run of a reduction.
func Adversary(r *rand.Rand) finegrain.Adversary[Instance, Output] {
	way := directions[r.IntN(len(directions))]
	form := r.IntN(3)
	calls := 0
	forms := []string{"arbitrary precision", "float64 where it suffices", "float64 only"}
	adv := finegrain.Adversary[Instance, Output]{
		Name: fmt.Sprintf("%s by ε, %s", way.name, forms[form]),
		Answer: func(in Instance, truth Output) Output {
			out := distort(in, truth, func(i, j int) int { return way.sign(r, calls, i, j) })
			calls++
			if form > 0 && resolves(in) == nil {
				out.Float, out.Big = out.Dense(), nil
			}
			return out
		},
	}
	if form == 2 {
		adv.Reach = resolves
	}
	return adv
}

// resolves returns nil if rounding to float64 is small beside ε·2^−20: half a unit of max|V| is
// 2^−53·max|V|, an eighth of it.
func resolves(in Instance) error {
	if least := 0x1p-30 * math.Max(in.Regime().MaxV, 1); in.Epsilon < least {
		return &CannotPromise{Method: "float64", Asked: in.Epsilon, Bound: least}
	}
	return nil
}

// distort moves every entry by ε·(1 − 2^−20) in the given direction.
func distort(in Instance, truth Output, sign func(i, j int) int) Output {
	rows, cols := truth.Dims()
	out := Output{Big: make([][]*big.Float, rows), Bound: in.Epsilon}
	for i := range rows {
		out.Big[i] = make([]*big.Float, cols)
		for j := range cols {
			x := truth.At(i, j)
			step := new(big.Float).SetFloat64(float64(sign(i, j)) * distortion)
			step.Mul(step, new(big.Float).SetFloat64(in.Epsilon)) // not in float64, where a tiny ε would round
			out.Big[i][j] = new(big.Float).SetPrec(x.Prec()+64).Add(x, step)
		}
	}
	return out
}

// allLeast is a wrong oracle: every output is the least entry of V.
func allLeast(in Instance, truth Output) Output { return constant(in, truth, mat.Min(in.V)) }

// allGreatest is a wrong oracle: every output is the greatest entry of V.
func allGreatest(in Instance, truth Output) Output { return constant(in, truth, mat.Max(in.V)) }

// firstRow and lastRow are wrong oracles that are consistent from call to call: every query is answered as
// if it were the first, or the last. A reader that only looks for impossible numbers sees none.
func firstRow(in Instance, truth Output) Output { return oneRow(in, truth, 0) }

func lastRow(in Instance, truth Output) Output {
	n, _ := truth.Dims()
	return oneRow(in, truth, n-1)
}

// oneRow answers row i everywhere, or, where that is within 2ε of being correct, something far off.
func oneRow(in Instance, truth Output, i int) Output {
	n, dv := truth.Dims()
	row := make([]*big.Float, dv)
	for c := range row {
		row[c] = truth.At(i, c)
	}
	out := Output{Big: slices.Repeat([][]*big.Float{row}, n), Bound: in.Epsilon}
	if within(out, truth, 2*in.Epsilon) {
		return allGreatest(in, truth)
	}
	return out
}

// constant answers x everywhere, or, where that is within 2ε of being correct, something far off.
func constant(in Instance, truth Output, x float64) Output {
	n, _ := in.Q.Dims()
	_, dv := in.V.Dims()
	out := Output{Float: mat.NewDense(n, dv, nil), Bound: in.Epsilon}
	fill := func(x float64) {
		out.Float.Apply(func(int, int, float64) float64 { return x }, out.Float)
	}
	if fill(x); within(out, truth, 2*in.Epsilon) {
		fill(x + (1+10*in.Epsilon)*(1+in.Regime().MaxV))
	}
	return out
}

func within(a, b Output, distance float64) bool {
	d, _ := Distance(a, b)
	return d <= distance
}
