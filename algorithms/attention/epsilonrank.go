package attention

import (
	"fmt"
	"math"

	"finegrain"
	"finegrain/internal/memory"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The ε-rank of the attention matrix: the rank that approximating its weights takes, by whatever algorithm. (Derived here
// from Eckart and Young, "The approximation of one matrix by another of lower rank" (1936).)
//
// The ε-rank of A = (e^{x_ij}) is the least r with Σ_{k>r} σ_k² ≤ ε²·‖A‖_F², σ_1 ≥ σ_2 ≥ … the singular values. Let à be
// any matrix with |Ã−A| ≤ ε·A in every entry, as all low-rank methods with a relative error ε of their weights make it.
// Then ‖Ã−A‖_F ≤ ε·‖A‖_F, and by Eckart and Young ‖Ã−A‖_F² ≥ Σ_{k>r} σ_k² for r the rank of Ã, so r is at least the
// ε-rank. It bounds from below the rank, and no other cost, of what approximates this one matrix so. Of what comes within
// ε of the output only, it says nothing: if all values are equal, rank 1 serves whatever the weights.
//
// Rounding. Let X bound |s|·Σ_l|q_il·k_jl|. A computed score, less the largest one, is off by at most
// η = ((d+1)u + 3u)·X up to second order, so its exponential by a factor within 1 ± (2η + 8u) (math.Exp errs by at most
// 4u, see the package's doc), and A by as much in the Frobenius norm. The values computed are those of a matrix that
// differs by (n+m)·u of the norm: an assumption about the constant in the backward stability of LAPACK's dgesvd, which
// gonum has; a test holds it to a tenth. By Mirsky (1960) the vector of singular values differs by no more than the
// matrix in the Frobenius norm, and so does any tail of it. Twice all of this is Spectrum.Within, which covers sums and
// quotients here. Subtracting the largest score divides A by a number, and what then is below 2^−1022 loses nothing
// that would show beside an entry of 1.

// Spectrum is the singular values of the matrix A = (e^{x_ij}), n×m, that the softmax of an instance is made of.
type Spectrum struct {
	Values []float64 // σ_k/‖A‖_F, descending; as many as the lesser of n and m
	Within float64   // bound on the error of Values in the 2-norm
}

// mostSpectrumPairs bounds n·m: 2^13 queries and keys take some minutes, which nothing can stop.
const mostSpectrumPairs = 1 << 26

// spectrumRows is the rows of A that are made at a time.
const spectrumRows = 64

// mostSpectrumScore bounds scores: beyond, A has entries that differ in more than all of their digits.
const mostSpectrumScore = 1e6

// SpectrumBytes is the memory that SpectrumOf takes for n queries and m keys: the matrix, a copy, and rows at work.
func SpectrumBytes(n, m int) float64 { return 16*float64(n)*float64(m) + 2048*(float64(n)+float64(m)) }

// SpectrumOf computes the spectrum of an instance without a mask in time O(n·m·min(n,m)). What env allows of memory is
// looked at first. A done env is seen while A is made, not while it is decomposed; the decomposition runs on as many
// cores as gonum takes, and yields the same on any number.
func SpectrumOf(env finegrain.Env, in Instance) (Spectrum, error) {
	fail := func(format string, args ...any) (Spectrum, error) {
		return Spectrum{}, fmt.Errorf("attention: spectrum: "+format, args...)
	}
	if err := in.Validate(); err != nil {
		return Spectrum{}, err
	}
	r := in.Regime()
	n, m := r.Queries, r.Keys
	needed, norms := int64(SpectrumBytes(n, m)), r.QNorm*r.KNorm
	switch {
	case int64(n)*int64(m) > mostSpectrumPairs:
		return fail("%d×%d pairs exceed the limit of 2^26; take fewer queries or keys", n, m)
	case env.Memory > 0 && needed > env.Memory:
		return fail("%d×%d pairs take %s, and %s are allowed; allow more, or take fewer", n, m,
			memory.Format(needed), memory.Format(env.Memory))
	case r.Pairs() != int64(n)*int64(m):
		return fail("a query does not see all keys; the ε-rank is that of the matrix without a mask")
	case !(r.Score() <= mostSpectrumScore):
		return fail("scores may reach %.3g, beyond %g; scale queries or keys down", r.Score(), mostSpectrumScore)
	case !(norms <= 0x1p1000 && math.Abs(r.Scale) <= 0x1p900): // so that no product overflows, nor does what underflows show
		return fail("rows of norm %.3g and %.3g at scale %.3g; let the scale be nearer to 1", r.QNorm, r.KNorm, r.Scale)
	}

	a := mat.NewDense(n, m, nil)
	largest := make([]float64, n)
	blocks := (n + spectrumRows - 1) / spectrumRows
	err := env.ForEach(blocks, func(b int) {
		from, to := b*spectrumRows, min((b+1)*spectrumRows, n)
		scores := a.Slice(from, to, 0, m).(*mat.Dense)
		scores.Mul(in.Q.Slice(from, to, 0, r.Dim), in.K.T())
		scores.Scale(in.Scale, scores)
		for i := from; i < to; i++ {
			largest[i] = floats.Max(a.RawRowView(i))
		}
	})
	if err != nil {
		return fail("stopped: %w", err)
	}
	shift := floats.Max(largest)
	err = env.ForEach(n, func(i int) {
		row := a.RawRowView(i)
		for j, x := range row {
			row[j] = math.Exp(x - shift)
		}
	})
	if err != nil {
		return fail("stopped: %w", err)
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDNone) {
		return fail("gonum's singular value decomposition of %d×%d numbers did not converge", n, m)
	}
	if err := env.Err(); err != nil {
		return fail("stopped: %w", err)
	}
	values := svd.Values(nil)
	floats.Scale(1/floats.Norm(values, 2), values)
	eta := float64(r.Dim+4) * r.Score()
	return Spectrum{values, 2 * unit * (float64(n) + float64(m) + 2*eta + 8)}, nil
}

// Rank is a lower bound on the ε-rank, certain as far as Within is, and equal to the ε-rank unless the part of the norm
// that some number of values leaves is within 2·Within of ε. It is an error if ε is not below 1 or, since rounding
// then would decide, not above 8·Within.
func (s Spectrum) Rank(epsilon float64) (int, error) {
	if !(epsilon > 8*s.Within && epsilon < 1) {
		return 0, fmt.Errorf("attention: the ε-rank for ε = %g: ε must be above %.2g, below which rounding decides, and below 1",
			epsilon, 8*s.Within)
	}
	tail, most := 0.0, (epsilon+s.Within)*(epsilon+s.Within)
	for r := len(s.Values); r > 1; r-- {
		if tail += s.Values[r-1] * s.Values[r-1]; tail > most {
			return r, nil
		}
	}
	return 1, nil // nothing of rank 0 is as near as ε < 1
}
