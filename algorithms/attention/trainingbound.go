package attention

import (
	"fmt"
	"math"

	"finegrain/internal/roundoff"
)

// The bound on the error of a gradient. (Derived here; γ_k and u as in bound.go.)
//
// Notation of training.go. K is A2 less the middles of its columns, |k_l| ≤ W_l; h̃ is the computed A3·Y less
// the middles of its columns, |h̃_c| ≤ H_c, and differs from the true one by at most D_c. A method averages with
// weights
//
//	f̂_k ∝ f_k·(1 + ζ_k)·(1 + θ_k),   |ζ_k| ≤ ζ = e^η − 1,   |θ_k| ≤ θ,
//
// η bounding the errors of scores, and its averages E_f̂[g] of what is at most G in absolute value are off by at
// most τ·G. Put ε = ζ + θ + ζθ, which must be below 1.
//
// 1. Averages. E_f̂[g] − E_f[g] = Σ f·φ·(g − E_f g)/(1 + Σ f·φ), |φ| ≤ ε. The mean absolute deviation being at
// most half the range, that is at most e·G, e = ε/(1−ε). So the computed average õ of h̃ is off by ω·H_c, ω = e
// + τ + 4u, and c̃ = õ + (middle − E), with two roundings, of c̃ and of a number that is at most |c̃| + |õ|, by
//
//	Δ_c = (ω + 2u)·H_c + D_c + 2u·|c̃_c|.
//
// 2. Covariances. With a, g less their true means, Cov_f̂ − Cov_f = (E_f̂ − E_f)[a·g] − (E_f̂ a)(E_f̂ g). As
// E_f|a·g| ≤ W·H by Cauchy and Schwarz, standard deviations being at most half the range, the first is at most
// 2e·W·H, the second e²·W·H. What is computed is E[h̃·k] − õ·E[k], or E[(⟨c̃,h̃⟩ − ⟨c̃,õ⟩)·k]; summed over
// columns c with coefficients c̃_c, either differs from Σ_c c̃_c·Cov_f̂ by at most (3τ + 2τ²)·Σ_c|c̃_c|·H_c·W_l,
// and by the rounding of sums of dh terms, of differences and products, 4γ_(dh+6) in place of 3τ + 2τ². That h̃
// is off moves a covariance by D_c·W_l. Hence
//
//	|t̂_jl − t_jl| ≤ W_l·R_j,   R_j = Σ_c |c̃_jc|·(κ·H_c + D_c) + Σ_c Δ_jc·(H_c + D_c),
//	κ = 2e + e² + 3τ + 2τ² + 4γ_(dh+6),
//
// as c̃·Ĉov − c·Cov = c̃·(Ĉov − Cov) + (c̃ − c)·Cov, and |Cov| ≤ (H_c+D_c)·W_l.
//
// 3. The sum over queries, s·Σ_j a1_jk·t̂_jl, L roundings a term, is off by s·Σ_j|a1_jk|·W_l·R_j and
// γ_L·s·Σ_j|a1_jk||t̂_jl|, where |t̂_jl| ≤ W_l·(Σ_c|c̃_jc|(H_c+D_c) + 2R_j).
//
// All of this is linear in |c̃_jc|, so it takes no more than the d×(dh+1) sums Σ_j|a1_jk|·[|c̃_jc|, 1] to know
// the bound after the work. Before it, |c̃_jc| ≤ |middle_c − E_jc| + (1+τ+4u)·H_c does, since averages with
// positive weights stay in the range.
//
// 4. Underflow. Entries are below 2^100 in absolute value, so nothing overflows. What is lost below 2^−1022 in a
// score or relative to a weight is less than 2^−700, and belongs to the margin; in products of values, c and A1
// it adds lost.

// Accuracy is what a method knows of its averages.
type Accuracy struct {
	Score   float64 // η: error of a score, and the relative error of its exponential
	Weight  float64 // θ: relative error of a weight, the same in all averages
	Average float64 // τ: error of an average beside them, of numbers up to 1 in absolute value
}

// coefficients of the bound.
type coefficients struct {
	each   []float64 // of |c̃_jc|
	row    float64   // of 1
	off    []float64 // Δ_c but for 2u·|c̃_c|
	beyond float64   // 1 + τ + 4u
}

// coefficients returns false where nothing can be said.
func (p *prepared) coefficients(a Accuracy) (coefficients, bool) {
	zeta := math.Expm1(a.Score)
	epsilon := zeta + a.Weight + zeta*a.Weight
	if !(epsilon < 1 && a.Average < math.Inf(1)) {
		return coefficients{}, false
	}
	e, tau := epsilon/(1-epsilon), a.Average
	omega := e + tau + 4*unit
	kappa := 2*e + e*e + 3*tau + 2*tau*tau + 4*roundoff.Gamma(float64(p.Shape.ValueDim+6))
	sums := roundoff.Gamma(float64(p.additions()))
	x := coefficients{beyond: 1 + tau + 4*unit}
	for c, h := range p.HHalf {
		d := p.HLost[c]
		off := (omega+2*unit)*h + d
		x.each = append(x.each, (kappa*h+d+2*unit*(h+d))*(1+2*sums)+sums*(h+d))
		x.row += off * (h + d) * (1 + 2*sums)
		x.off = append(x.off, off)
	}
	return x, true
}

// undetermined is the error where nothing can be said.
func (p *prepared) undetermined(method string) error {
	return &OutsideRegime{method, fmt.Errorf("scores may reach %.3g, and be off by %.3g through the rounding of A1·X, "+
		"which leaves no digit of a weight; scale X down", ThreeDigitsUp(p.Score), ThreeDigitsUp(p.Lost))}
}

// boundBefore bounds the error of a gradient before any weight is computed; +Inf where nothing can be said.
func (p *prepared) boundBefore(a Accuracy) float64 {
	x, ok := p.coefficients(a)
	if !ok {
		return math.Inf(1)
	}
	return p.bound(x, func(k int) float64 {
		row := p.before[k*(p.Shape.ValueDim+1):][:p.Shape.ValueDim+1]
		sum, ones := 0.0, row[p.Shape.ValueDim]
		for c, each := range x.each {
			sum += each * (row[c] + ones*x.beyond*p.HHalf[c])
		}
		return sum + x.row*ones
	})
}

// boundAfter is the same with the sums Σ_j|a1_jk|·[|c̃_jc|, 1] of the run.
func (p *prepared) boundAfter(x coefficients, reach []float64) float64 {
	return p.bound(x, func(k int) float64 {
		row := reach[k*(p.Shape.ValueDim+1):][:p.Shape.ValueDim+1]
		sum := x.row * row[p.Shape.ValueDim]
		for c, each := range x.each {
			sum += each * row[c]
		}
		return sum
	})
}

// boundAtLeast is what boundAfter cannot be below, whatever c turns out to be.
func (p *prepared) boundAtLeast(x coefficients) float64 {
	return p.bound(x, func(k int) float64 { return x.row * p.before[(k+1)*(p.Shape.ValueDim+1)-1] })
}

// bound is step 3, of is R_j with its factors summed over the queries, for a row k of dL/dX. The sums over
// queries themselves are rounded up.
func (p *prepared) bound(x coefficients, of func(k int) float64) float64 {
	most, widest := 0.0, 0.0
	for k := range p.Shape.Dim {
		most = max(most, of(k))
	}
	for _, w := range p.KHalf {
		widest = max(widest, w)
	}
	return up(math.Abs(p.Scale)*widest*most*roundoff.Margin, p.Shape.Queries+p.Shape.ValueDim) + p.lost
}

// lossBound bounds the error of ½Σc̃², given Σ_j|c̃_jc| and Σ c̃²: each term moves by |c̃|Δ + Δ²/2.
func (p *prepared) lossBound(x coefficients, magnitudes []float64, squares float64) float64 {
	n, dh := float64(p.Shape.Queries), float64(p.Shape.ValueDim)
	sum := squares * (2*unit + 4*unit*unit + roundoff.Gamma(n*dh+2))
	for c, off := range x.off {
		sum += off*magnitudes[c] + n*off*off
	}
	return up(sum*roundoff.Margin, p.Shape.Queries+p.Shape.ValueDim) + p.lost
}
