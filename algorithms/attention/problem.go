package attention

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

// Problem is approximate attention (AAttC of Alman and Song 2023, Attc of Gupta et al. 2025, with m keys
// and dv value columns): given Q, K, V, the scale and ε > 0, return every entry of
//
//	Att(Q,K,V) = D⁻¹ exp(s·QKᵀ) V,  D = diag(exp(s·QKᵀ)·1)
//
// up to an additive ε.
//
// Attention is not a yes/no problem. So that laws see both sides of something, Yes means that the first
// entry is at least 0, which the samples, symmetric in V, make as frequent as not.
var Problem = finegrain.Problem[Instance, Output]{
	Name:      "attention",
	Doc:       "given Q, K, V, a scale and ε > 0, return softmax(s·QKᵀ)·V with every entry within ε",
	Size:      sizeOf,
	Promise:   promise,
	Solve:     solve,
	Check:     Check,
	Yes:       func(o Output) bool { return o.At(0, 0).Sign() >= 0 },
	Sample:    Sample,
	Adversary: Adversary,
	Wrong:     []func(Instance, Output) Output{allLeast, allGreatest, firstRow, lastRow},
}

func sizeOf(in Instance) finegrain.Size {
	n, d := in.Q.Dims()
	m, dv := in.V.Dims()
	return finegrain.Size{}.WithInt("queries", n).WithInt("keys", m).WithInt("dim", d).WithInt("values", dv)
}

func promise(in Instance) error {
	if err := in.Validate(); err != nil {
		return err
	}
	if in.Epsilon == 0 {
		return errors.New("attention: the problem needs an error to allow, ε > 0; set Epsilon")
	}
	return validBig(in.Regime())
}

// slack is how far below ε, in bits, reference answers are computed: small enough for an adversary to
// move each of them by ε(1 − 2^−20) and still be correct.
const slack = 40

// referenceBits gives the reference an error of at most ε·2^−slack and 2^−80.
func referenceBits(in Instance) uint {
	r := in.Regime()
	r.Epsilon = math.Max(math.Min(in.Epsilon, 0x1p-40), 0x1p-1000)
	return bitsFor(r) + slack + uint(max(0, -math.Ilogb(in.Epsilon)-1000))
}

func solve(env finegrain.Env, in Instance) (Output, error) {
	if err := promise(in); err != nil {
		return Output{}, err
	}
	return Reference(env, in, nil, referenceBits(in))
}

// The instances up to which Check looks at every row, and how many rows it looks at beyond.
const (
	checkedPairs = 4096
	checkedRows  = 64
)

// Check returns nil if every entry that it looks at is within ε of the reference. It looks at all rows
// where queries times keys are at most 4096; beyond, at 64 rows drawn by a fixed seed and at the one that
// differs most from a float64 computation. No correct answer is refused.
func Check(in Instance, out Output) error {
	if err := promise(in); err != nil {
		return err
	}
	if err := wellFormed(in, out); err != nil {
		return err
	}
	env := finegrain.NewEnv(background, 1).Sub("check attention")
	var rows []int
	n, _ := in.Q.Dims()
	m, _ := in.K.Dims()
	if n*m > checkedPairs && n > checkedRows {
		rows = env.Rand("rows").Perm(n)[:checkedRows]
		plain := in
		plain.Epsilon = 0
		if quick, _, err := Streaming.Run(env, plain); err == nil {
			_, worst := Distance(out, quick)
			rows = append(rows, worst)
		}
	}
	reference, err := Reference(env, in, rows, referenceBits(in))
	if err != nil {
		return err
	}
	distance, row := Distance(reference, out.rows(rows))
	if rows != nil {
		row = rows[row]
	}
	if distance > in.Epsilon+reference.Bound {
		return fmt.Errorf("attention: row %d is %.6g off, and ε is %.6g", row, distance, in.Epsilon)
	}
	return nil
}

// wellFormed returns nil if the output is well formed for the instance.
func wellFormed(in Instance, out Output) error {
	n, _ := in.Q.Dims()
	_, dv := in.V.Dims()
	return out.WellFormed(n, dv)
}

// Sample draws an instance with up to 2+3·size queries and keys and one to six coordinates. Its kinds:
// random entries, tied keys, few distinct keys, large scores (B = 30), tiny entries; a quarter of each
// causal. ε runs from 1e-2 to 1e-12 and is sometimes 1e-40. Everything is symmetric under V → −V.
func Sample(r *rand.Rand, size int) Instance {
	n, m := 1+r.IntN(2+3*size), 1+r.IntN(2+3*size)
	d, dv := 1+r.IntN(6), 1+r.IntN(3)
	b := 1.0
	kind := r.IntN(5)
	switch kind {
	case 3:
		b = 30
	case 4:
		b = 1e-8
	}
	in := Instance{
		Q: uniform(r, n, d, b), K: uniform(r, m, d, b), V: uniform(r, m, dv, 1),
		Scale:   []float64{1, 1 / float64(d), -0.5}[r.IntN(3)],
		Causal:  r.IntN(4) == 0,
		Epsilon: math.Pow(10, -2-10*r.Float64()),
	}
	switch kind {
	case 1: // tied along every query: all keys equal but for the last bits
		for j := 1; j < m; j++ {
			for l := range d {
				in.K.Set(j, l, in.K.At(0, l)*(1+float64(r.IntN(3)-1)*0x1p-50))
			}
		}
	case 2: // duplicates
		for j := range m {
			in.K.SetRow(j, in.K.RawRowView(r.IntN(1+m/3)))
		}
	}
	if r.IntN(8) == 0 {
		in.Epsilon = 1e-40
	}
	return in
}

// uniform is a matrix with entries uniform in [−b, b).
func uniform(r *rand.Rand, rows, cols int, b float64) *mat.Dense {
	data := make([]float64, rows*cols)
	for i := range data {
		data[i] = b * (2*r.Float64() - 1)
	}
	return mat.NewDense(rows, cols, data)
}
