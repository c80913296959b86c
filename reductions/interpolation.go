package reductions

// The interpolation route, route B: orthogonal pairs counted exactly by about d calls to attention with
// entries of size Θ(√log n) in the normalisation of Alman and Song 2023, whose scale is 1/d ("derived
// here").
//
// n is the number of data keys, the vectors of B, and c_ik the number of them with ⟨a_i,b_j⟩ = k. For
// β ≥ 0 take queries −√β·a_i, keys √β·b_j with value 1, and n zero keys with value 0. The output of row i
// is T = S/(S+n) with
//
//	S_i = Σ_j e^{−(β/d)⟨a_i,b_j⟩} = Σ_k c_ik x^k,    x = e^{−β/d},
//
// a polynomial of degree at most d at the node x; its value at 0 is c_i0, the number of partners of a_i.
// So d+1 nodes and Lagrange's formula give c_i0 = Σ_l λ_l S_i(x_l) with λ_l = Π_{k≠l} x_k/(x_k − x_l), and
// Σ_i c_i0 is the number of orthogonal pairs. At x = 1 the value S = n is known, so d calls are made.
//
// Error. T lies in [0, ½]. Clip the oracle's T̂ to it, which cannot increase its error: then with
// S = nT/(1−T) and 1−T, 1−T̂ ≥ ½, |ΔS| = n|ΔT|/((1−T)(1−T̂)) ≤ 4nε. (Without the clip T̂ may exceed ½
// and the constant is 4/(1−2ε).) Hence |Δc_i0| ≤ 4nεΛ with Λ = Σ_l |λ_l|, and rounding each c_i0 to the
// nearest integer is exact if ε < 1/(8nΛ). Each row is rounded by itself; the sum of the rows before
// rounding would be off by as much as a thousand rows' errors.
//
// Nodes. Among all choices in [x_min, 1] the Chebyshev–Lobatto nodes make Λ least:
// Λ = cosh(d·arccosh coth h) for x_min = e^{−2h} (the extremal property of Chebyshev polynomials outside
// their interval). B² = 2hd, so h trades the size of the entries against the error that is tolerated:
// log 1/ε ≈ log 8n + d·log coth(h/2). With d = c·ln n and h constant, B = Θ(√log n) and ε = n^{−O(1)}.
//
// The instance's entries are floats r_l = fl(√β_l) and the scale is s = fl(1/d), so the nodes are those
// of the instance, x_l = exp(−s·r_l²), computed to the precision that the read-off needs.

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/ovp"
)

// The least h that is tried. Below it the tolerance is a power of n beyond any use; with an oracle of
// unlimited precision it is the h that is taken.
const leastH = 0.25

// stepsH is the number of steps of h to a factor of 2: the h taken is within 2^{1/8} of the least in reach.
const stepsH = 8

// Nodes are the interpolation's nodes for one h.
type Nodes struct {
	H      float64
	Degree int       // d
	Scale  float64   // s = fl(1/d)
	Roots  []float64 // r_l = fl(√β_l), l = 0…d, ascending from r_0 = 0, so nodes descend from x_0 = 1

	X, Lambda     []*big.Float // nodes and coefficients to Precision bits
	Amplification *big.Float   // Λ = Σ|λ_l|
	Precision     uint
}

// LogAmplification is log2 Λ of the Chebyshev–Lobatto nodes on [e^{−2h}, 1]: log2 cosh(d·arccosh coth h).
func LogAmplification(d int, h float64) float64 {
	y := float64(d) * math.Acosh(1/math.Tanh(h))
	// log cosh y = y + log(1 + e^{−2y}) − log 2, which does not overflow.
	return (y+math.Log1p(math.Exp(-2*y)))/math.Ln2 - 1
}

// Entry is the largest entry B = √(2hd) of the instances for one h.
func Entry(d int, h float64) float64 { return math.Sqrt(2 * h * float64(d)) }

// Tolerance is an error that the route tolerates with n data keys at dimension d: just below 1/(8nΛ).
// It is 0 where that is no positive float64.
func Tolerance(n, d int, h float64) float64 {
	return math.Exp2(-3-math.Log2(float64(n))-LogAmplification(d, h)) * (1 - roundingShare)
}

// NewNodes computes the nodes of degree d ≥ 1 on [e^{−2h}, 1] to a precision that serves n data keys.
func NewNodes(n, d int, h float64) Nodes {
	nodes := Nodes{H: h, Degree: d, Scale: 1 / float64(d), Roots: make([]float64, d+1)}
	width := -math.Expm1(-2 * h) // of [x_min, 1]
	for l := 1; l <= d; l++ {
		sine := math.Sin(math.Pi * float64(l) / float64(2*d))
		nodes.Roots[l] = math.Sqrt(-float64(d) * math.Log1p(-width*sine*sine))
	}
	// Rounding errors of the read-off are relative to Σ|λ_l|S_i ≤ nΛ. A product of d quotients, whose
	// differences lose at most 2·log2 d + 4h bits by cancellation, costs the rest.
	bits := LogAmplification(d, h) + math.Log2(8*float64(n)) + 32 + 3*math.Log2(float64(d)+1) + 6*h
	nodes.Precision = uint(math.Ceil(max(bits, 96)/32)) * 32
	number := func() *big.Float { return new(big.Float).SetPrec(nodes.Precision) }

	for _, r := range nodes.Roots {
		exponent := number().SetFloat64(r)
		exponent.Mul(exponent, exponent)
		exponent.Mul(exponent, number().SetFloat64(-nodes.Scale))
		nodes.X = append(nodes.X, attention.Exp(exponent, nodes.Precision))
	}
	nodes.Amplification = number()
	for l, x := range nodes.X {
		numerator, denominator := number().SetInt64(1), number().SetInt64(1)
		for k, y := range nodes.X {
			if k != l {
				numerator.Mul(numerator, y)
				denominator.Mul(denominator, number().Sub(y, x))
			}
		}
		lambda := number().Quo(numerator, denominator)
		nodes.Lambda = append(nodes.Lambda, lambda)
		nodes.Amplification.Add(nodes.Amplification, number().Abs(lambda))
	}
	return nodes
}

// tolerance is the largest error below 1/(8nΛ) of these very nodes, less roundingShare of it.
func (n Nodes) tolerance(keys int) float64 {
	bound := new(big.Float).SetPrec(n.Precision).SetFloat64(1 - roundingShare)
	bound.Quo(bound, n.Amplification)
	tolerance, _ := bound.Float64()
	return tolerance / (8 * float64(keys))
}

// InterpolationInstance is the attention instance of one node, given by r = fl(√β). The matrices are its
// own.
func InterpolationInstance(in ovp.Instance, r, epsilon float64) attention.Instance {
	n := in.B.N()
	values := mat.NewDense(2*n, 1, nil)
	for j := range n {
		values.Set(j, 0, 1)
	}
	return attention.Instance{
		Q:       scaled(in.A, -r, 0),
		K:       scaled(in.B, r, n),
		V:       values,
		Scale:   1 / float64(in.D()),
		Epsilon: epsilon,
	}
}

// interpolationReader accumulates Σ_l λ_l S_i(x_l) for every row i.
type interpolationReader[A any] struct {
	nodes Nodes
	taken int          // answers so far
	n     int          // data keys
	sums  []*big.Float // one a row of A
	read  func(partners []*big.Int) (A, error)
}

func newInterpolationReader[A any](nodes Nodes, rows, keys int, read func([]*big.Int) (A, error)) *interpolationReader[A] {
	r := &interpolationReader[A]{nodes: nodes, n: keys, sums: make([]*big.Float, rows), read: read}
	for i := range r.sums { // the node x = 1, where S = n
		r.sums[i] = r.number().Mul(nodes.Lambda[0], r.number().SetInt64(int64(keys)))
	}
	return r
}

func (r *interpolationReader[A]) number() *big.Float {
	return new(big.Float).SetPrec(r.nodes.Precision)
}

func (r *interpolationReader[A]) Next() int { return r.taken }

func (r *interpolationReader[A]) Take(out attention.Output) error {
	r.taken++
	zero, half, one := r.number(), r.number().SetFloat64(0.5), r.number().SetInt64(1)
	weight := r.number().Mul(r.nodes.Lambda[r.taken], r.number().SetInt64(int64(r.n)))
	for row := range r.sums {
		t := r.number().Set(out.At(row, 0))
		switch {
		case t.Cmp(zero) < 0:
			t = zero
		case t.Cmp(half) > 0:
			t = half
		}
		term := r.number().Quo(t, r.number().Sub(one, t))
		r.sums[row].Add(r.sums[row], term.Mul(term, weight))
	}
	return nil
}

// Answer rounds each row. A number of partners outside [0, n] comes from no correct oracle.
func (r *interpolationReader[A]) Answer() (A, error) {
	partners := make([]*big.Int, len(r.sums))
	half := big.NewFloat(0.5)
	for i, sum := range r.sums {
		rounded := r.number().Add(sum, half)
		partners[i], _ = rounded.Int(nil)
		if rounded.Sign() < 0 || partners[i].Cmp(big.NewInt(int64(r.n))) > 0 {
			var none A
			return none, fmt.Errorf("%w: row %d would have %.6g orthogonal partners of %d", ErrBrokenPromise, i, sum, r.n)
		}
	}
	return r.read(partners)
}

// reachableNodes chooses the smallest entries whose tolerance the oracle promises: the least h on a
// geometric grid from leastH on. As h grows, the tolerance grows to 1/(16n) and what float64 loses to
// large scores grows too, but more slowly; past the h where Λ < 2 nothing is gained.
func reachableNodes(in ovp.Instance, oracle finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error) {
	n, d := in.B.N(), in.D()
	// Λ ≤ coth(h/2)^d ≤ exp(2d/(e^h − 1)·(1+e^{−h})…): at h = ln(8d) it is below 2.
	last := int(math.Ceil(stepsH * math.Log2(math.Log(8*float64(d)+8)/leastH)))
	at := func(step int) float64 { return leastH * math.Exp2(float64(step)/stepsH) }
	reach := func(step int) error {
		h := at(step)
		tolerance := Tolerance(n, d, h)
		if tolerance == 0 {
			return errors.New("the error tolerated is below the least float64")
		}
		return oracle.Reach(InterpolationInstance(in, Entry(d, h), tolerance))
	}
	// Binary search for the least step in reach, then one step up if the exact Λ of the rounded nodes,
	// which differs from the formula's in the last digits, tips the balance.
	low, high := 0, last
	if err := reach(high); err != nil {
		return Nodes{}, fmt.Errorf("%w for interpolation at n = %d, d = %d, even with entries of %.3g: %w", ErrTooWeak, n, d, Entry(d, at(last)), err)
	}
	for low < high {
		if middle := (low + high) / 2; reach(middle) == nil {
			high = middle
		} else {
			low = middle + 1
		}
	}
	var err error
	for step := high; step <= min(high+1, last); step++ {
		nodes := NewNodes(n, d, at(step))
		if err = oracle.Reach(InterpolationInstance(in, nodes.Roots[d], nodes.tolerance(n))); err == nil {
			return nodes, nil
		}
	}
	return Nodes{}, fmt.Errorf("%w for interpolation at n = %d, d = %d: %w", ErrTooWeak, n, d, err)
}

// InterpolationAt is InterpolationCensus with entries fixed by h > 0: B = √(2hd).
func InterpolationAt(h float64) Reduction[ovp.Instance, finegrain.Two[*big.Int, ovp.Found], attention.Instance, attention.Output] {
	if !(h > 0) {
		panic(fmt.Sprintf("reductions: interpolation needs h > 0, not %v", h))
	}
	return interpolationRoute("census", ovp.Census, census, fixedNodes(h))
}

// chooseNodes picks the nodes for an instance with vectors on both sides and d ≥ 1.
type chooseNodes func(ovp.Instance, finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error)

func fixedNodes(h float64) chooseNodes {
	return func(in ovp.Instance, _ finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error) {
		nodes := NewNodes(in.B.N(), in.D(), h)
		if nodes.tolerance(in.B.N()) == 0 {
			return nodes, fmt.Errorf("interpolation with h = %g at d = %d tolerates an error below the least float64; take a larger h", h, in.D())
		}
		return nodes, nil
	}
}

// The interpolation route.
var (
	// InterpolationCounting counts the orthogonal pairs.
	InterpolationCounting = declare(interpolationRoute("counting", ovp.Counting, countPartners, reachableNodes))
	// InterpolationCensus counts the orthogonal pairs and finds one.
	InterpolationCensus = declare(interpolationRoute("census", ovp.Census, census, reachableNodes))
	// InterpolationDecision: is there an orthogonal pair?
	InterpolationDecision = declare(interpolationRoute("decision", ovp.Decision, func(_ ovp.Instance, partners []*big.Int) (bool, error) {
		return firstPositive(partners) >= 0, nil
	}, reachableNodes))
	// InterpolationSearch finds an orthogonal pair. The partner of the first row that has one is found by
	// a scan, O(nd).
	InterpolationSearch = declare(interpolationRoute("search", ovp.Search, findPartner, reachableNodes))
)

func findPartner(in ovp.Instance, partners []*big.Int) (ovp.Found, error) {
	row := firstPositive(partners)
	if row < 0 {
		return ovp.Found{}, nil
	}
	return partner(in, row)
}

func census(in ovp.Instance, partners []*big.Int) (finegrain.Two[*big.Int, ovp.Found], error) {
	pairs, _ := countPartners(in, partners)
	found, err := findPartner(in, partners)
	return finegrain.Two[*big.Int, ovp.Found]{First: pairs, Second: found}, err
}

func countPartners(_ ovp.Instance, partners []*big.Int) (*big.Int, error) {
	total := new(big.Int)
	for _, c := range partners {
		total.Add(total, c)
	}
	return total, nil
}

func firstPositive(partners []*big.Int) int {
	for i, c := range partners {
		if c.Sign() > 0 {
			return i
		}
	}
	return -1
}

// interpolationRoute is the route between orthogonal vectors with the given kind of answer and attention.
func interpolationRoute[A any](kind string, from finegrain.Problem[ovp.Instance, A], read func(ovp.Instance, []*big.Int) (A, error), choose chooseNodes,
) Reduction[ovp.Instance, A, attention.Instance, attention.Output] {
	type plan = Plan[attention.Instance, attention.Output, A]
	return Reduction[ovp.Instance, A, attention.Instance, attention.Output]{
		Name: "interpolation route (" + kind + ")",
		Doc: "The softmax denominator as a polynomial in e^{−β/d}: its values at Chebyshev–Lobatto nodes, extrapolated to 0 and rounded " +
			"row by row, count the orthogonal partners exactly.",
		Source: finegrain.Source{
			Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
			Argument: "clipped outputs give S within 4nε, extrapolation amplifies by Λ = cosh(d·arccosh coth h), rounding needs 4nεΛ < 1/2",
		},
		From: from,
		To:   attention.Problem,
		Kind: TruthTable,
		Bound: func(s finegrain.Size) Group {
			keys := s.Get("m")
			return Group{s.Get("d"), attentionSize(s.Get("n"), keys.Lsh(keys, 1), s.Get("d"))}
		},
		Growth: Growth{
			Calls: Form{Log: map[string]float64{"d": 1}},
			Size: map[string]Form{
				"queries": {Log: map[string]float64{"n": 1}},
				"keys":    {Constant: 1, Log: map[string]float64{"m": 1}},
				"dim":     {Log: map[string]float64{"d": 1}},
				"values":  {},
			},
		},
		Plan: func(_ finegrain.Env, in ovp.Instance, oracle finegrain.Oracle[attention.Instance, attention.Output]) (plan, error) {
			a, b, d := in.A.N(), in.B.N(), in.D()
			if a == 0 || b == 0 || d == 0 {
				// No pair, or only orthogonal ones.
				partners := make([]*big.Int, a)
				for i := range partners {
					partners[i] = big.NewInt(int64(b))
				}
				answer, err := read(in, partners)
				return answered[attention.Instance, attention.Output](answer), err
			}
			nodes, err := choose(in, oracle)
			if err != nil {
				return plan{}, err
			}
			epsilon := nodes.tolerance(b)
			size := attentionSize(big.NewInt(int64(a)), big.NewInt(2*int64(b)), big.NewInt(int64(d)))
			return plan{
				Queries: Queries{{big.NewInt(int64(len(nodes.Roots) - 1)), size}},
				Each: func(yield func(int, attention.Instance) bool) {
					for l, r := range nodes.Roots[1:] {
						if !yield(l, InterpolationInstance(in, r, epsilon)) {
							return
						}
					}
				},
				Reader: func() Reader[attention.Output, A] {
					return newInterpolationReader(nodes, a, b, func(partners []*big.Int) (A, error) { return read(in, partners) })
				},
			}, nil
		},
	}
}

// Decode is the number of orthogonal partners that the read-off makes of one row, if the oracle errs by
// shift times the sign of λ_l at every node: for shift = ±ε, the worst that an oracle within ε can do.
// histogram[k] is the number of data keys with inner product k, k = 0…d; the exact outputs follow from it
// without any attention being computed.
func (n Nodes) Decode(histogram []int64, shift float64) (*big.Int, error) {
	keys := int64(0)
	for _, c := range histogram {
		keys += c
	}
	reader := newInterpolationReader(n, 1, int(keys), func(partners []*big.Int) (*big.Int, error) { return partners[0], nil })
	for l := 1; l <= n.Degree; l++ {
		sum := reader.number()
		for k := len(histogram) - 1; k >= 0; k-- { // Horner
			sum.Mul(sum, n.X[l])
			sum.Add(sum, reader.number().SetInt64(histogram[k]))
		}
		out := reader.number().Quo(sum, reader.number().Add(sum, reader.number().SetInt64(keys)))
		out.Add(out, reader.number().SetFloat64(shift*float64(n.Lambda[l].Sign())))
		if err := reader.Take(attention.Output{Big: [][]*big.Float{{out}}}); err != nil {
			return nil, err
		}
	}
	return reader.Answer()
}
