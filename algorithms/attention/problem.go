package attention

import (
	"errors"
	"math"

	"finegrain"
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
