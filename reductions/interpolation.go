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
// nearest integer is exact if ε < 1/(8nΛ). Each row is rounded by itself: the sum of the rows before
// rounding would be off by as many errors as there are rows.
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
// It is 0 where that is below the least normal float64.
func Tolerance(n, d int, h float64) float64 {
	tolerance := math.Exp2(-3-math.Log2(float64(n))-LogAmplification(d, h)) * (1 - roundingShare)
	if tolerance < 0x1p-1022 {
		return 0
	}
	return tolerance
}

// NewNodes computes the nodes of degree d ≥ 1 on [e^{−2h}, 1], for a finite h > 0, to a precision that
// serves n data keys. It takes O(d²) operations on numbers of Precision bits; the error is env's, if it is
// done.
func NewNodes(env finegrain.Env, n, d int, h float64) (Nodes, error) {
	if n < 1 || d < 1 || !(h > 0) || math.IsInf(h, 1) {
		panic(fmt.Sprintf("reductions: no nodes for n = %d, d = %d, h = %v", n, d, h))
	}
	roots := make([]float64, d+1)
	for l := 1; l < d; l++ {
		sin, cos := math.Sincos(math.Pi * float64(l) / float64(2*d))
		// x = cos² + e^{−2h}·sin² = 1 + (e^{−2h} − 1)·sin², in the form that does not cancel.
		log := math.Log1p(math.Expm1(-2*h) * sin * sin)
		if sin > cos {
			log = math.Log(cos*cos + math.Exp(-2*h)*sin*sin)
		}
		roots[l] = math.Sqrt(-float64(d) * log)
	}
	roots[d] = Entry(d, h)
	return NodesOf(env, n, 1/float64(d), roots)
}

// NodesOf computes the nodes e^{−s·r²} of instances with the scale s and the largest entries r, ascending
// from r_0 = 0, as they stand in floats: Chebyshev–Lobatto nodes or, where r is another sequence, others.
// Cost, precision and error are those of NewNodes.
func NodesOf(env finegrain.Env, n int, scale float64, roots []float64) (Nodes, error) {
	d := len(roots) - 1
	nodes := Nodes{H: scale * roots[d] * roots[d] / 2, Degree: d, Scale: scale, Roots: roots}
	// The nodes are rounded once to the precision, and are from then on numbers of their own, whose λ_l
	// extrapolate exactly. Differences of such numbers lose nothing; so a λ_l has a relative error of about
	// 3d roundings, and what the S_i, exact at the unrounded nodes, lack at the rounded ones is n·d
	// roundings. In all Λ·n·4d·2^{−precision}, to be far below the share of ½ that is left for rounding,
	// 2^{−21}.
	bits := LogAmplification(d, nodes.H) + math.Log2(8*float64(n)) + math.Log2(4*float64(d)) + 48
	nodes.Precision = uint(math.Ceil(max(bits, 96)/32)) * 32
	number := func() *big.Float { return new(big.Float).SetPrec(nodes.Precision) }

	all := number().SetInt64(1) // Π x_k
	for _, r := range nodes.Roots {
		exponent := new(big.Float).SetPrec(256).SetFloat64(r)
		exponent.Mul(exponent, exponent)
		exponent.Mul(exponent, new(big.Float).SetFloat64(-nodes.Scale))
		x := number().Set(attention.Exp(exponent, nodes.Precision))
		nodes.X = append(nodes.X, x)
		all.Mul(all, x)
	}
	nodes.Lambda = make([]*big.Float, d+1)
	err := env.ForEach(d+1, func(l int) {
		x := nodes.X[l]
		denominator, difference := number().Set(x), number()
		for k, y := range nodes.X {
			if k%64 == 0 && env.Err() != nil {
				return
			}
			if k != l {
				denominator.Mul(denominator, difference.Sub(y, x))
			}
		}
		nodes.Lambda[l] = number().Quo(all, denominator)
	})
	if err != nil {
		return Nodes{}, err
	}
	nodes.Amplification = number()
	for _, lambda := range nodes.Lambda {
		nodes.Amplification.Add(nodes.Amplification, number().Abs(lambda))
	}
	return nodes, nil
}

// Tolerance is the error that these very nodes tolerate with n data keys: 1/(8nΛ) less roundingShare of
// it, rounded down; 0 where that is below the least normal float64.
func (n Nodes) Tolerance(keys int) float64 {
	bound := new(big.Float).SetPrec(n.Precision).SetFloat64((1 - roundingShare) / 8)
	bound.Quo(bound, n.Amplification)
	bound.Quo(bound, new(big.Float).SetInt64(int64(keys)))
	tolerance, accuracy := bound.Float64()
	if accuracy == big.Above {
		tolerance = math.Nextafter(tolerance, 0)
	}
	if tolerance < 0x1p-1022 {
		return 0
	}
	return tolerance
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
	env   finegrain.Env
	nodes Nodes
	taken int          // answers so far
	n     int          // data keys
	sums  []*big.Float // one a row of A
	read  func(partners []*big.Int) (A, error)
}

func newInterpolationReader[A any](env finegrain.Env, nodes Nodes, rows, keys int, read func([]*big.Int) (A, error)) *interpolationReader[A] {
	r := &interpolationReader[A]{env: env, nodes: nodes, n: keys, sums: make([]*big.Float, rows), read: read}
	for i := range r.sums { // the node x = 1, where S = n
		r.sums[i] = r.number().Mul(nodes.Lambda[0], r.number().SetInt64(int64(keys)))
	}
	return r
}

func (r *interpolationReader[A]) number() *big.Float {
	return new(big.Float).SetPrec(r.nodes.Precision)
}

func (r *interpolationReader[A]) Next() int { return r.taken }

// Take reads the answer at node taken + 1. Anything but a column of finite numbers comes from no correct
// oracle.
func (r *interpolationReader[A]) Take(out attention.Output) error {
	if err := readable(out, len(r.sums)); err != nil {
		return err
	}
	r.taken++
	zero, half, one := r.number(), r.number().SetFloat64(0.5), r.number().SetInt64(1)
	weight := r.number().Mul(r.nodes.Lambda[r.taken], r.number().SetInt64(int64(r.n)))
	return r.env.ForEach(len(r.sums), func(row int) {
		t := r.number().Set(out.At(row, 0))
		switch {
		case t.Cmp(zero) < 0:
			t.Set(zero)
		case t.Cmp(half) > 0:
			t.Set(half)
		}
		term := r.number().Sub(one, t)
		term.Quo(t, term)
		r.sums[row].Add(r.sums[row], term.Mul(term, weight))
	})
}

// Answer rounds each row. A number of partners outside [0, n] comes from no correct oracle.
func (r *interpolationReader[A]) Answer() (A, error) {
	partners := make([]*big.Int, len(r.sums))
	half, most := big.NewFloat(0.5), r.number().SetInt64(int64(r.n)+1)
	for i, sum := range r.sums {
		rounded := r.number().Add(sum, half)
		if rounded.Sign() < 0 || rounded.Cmp(most) >= 0 {
			var none A
			return none, fmt.Errorf("%w: row %d would have %.6g orthogonal partners of %d", ErrBrokenPromise, i, sum, r.n)
		}
		partners[i], _ = rounded.Int(nil)
	}
	return r.read(partners)
}

// reachableNodes chooses the smallest entries whose tolerance the oracle promises: the least h on a
// geometric grid from leastH on. As h grows, the tolerance grows to 1/(8n) and what float64 loses to large
// scores grows too, but more slowly; past the h where Λ < 2 little is gained.
func reachableNodes(env finegrain.Env, in ovp.Instance, oracle finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error) {
	n, d := in.B.N(), in.D()
	// coth(h/2) = 1 + 2/(e^h − 1) ≤ exp(2/(e^h − 1)), so Λ ≤ coth(h/2)^d ≤ e^{1/4} at e^h = 8d + 1.
	last := int(math.Ceil(stepsH * math.Log2(math.Log(8*float64(d)+1)/leastH)))
	at := func(step int) float64 { return leastH * math.Exp2(float64(step)/stepsH) }
	query := InterpolationInstance(in, 1, 1)
	current := 1.0
	promises := func(r, tolerance float64) error {
		if err := env.Err(); err != nil {
			return err
		}
		if tolerance == 0 {
			return errors.New("the error tolerated is below the least float64")
		}
		rescale(query, current, r)
		current, query.Epsilon = r, tolerance
		return oracle.Promises(query)
	}
	// Binary search for the least step in reach, then one step up if the exact Λ of the rounded nodes,
	// which differs from the formula's in the last digits, tips the balance.
	formula := func(step int) error { return promises(Entry(d, at(step)), Tolerance(n, d, at(step))) }
	err := formula(last)
	low, high := 0, last
	for err == nil && low < high {
		if middle := (low + high) / 2; formula(middle) == nil {
			high = middle
		} else {
			low = middle + 1
		}
	}
	for step := high; err == nil && step <= min(high+1, last); step++ {
		var nodes Nodes
		if nodes, err = NewNodes(env, n, d, at(step)); err != nil {
			break
		}
		if err = promises(nodes.Roots[d], nodes.Tolerance(n)); err == nil {
			return nodes, nil
		}
	}
	if env.Err() != nil {
		return Nodes{}, env.Err()
	}
	return Nodes{}, fmt.Errorf("%w for interpolation at n = %d, d = %d, even with entries of %.3g: %w", ErrTooWeak, n, d, Entry(d, at(last)), err)
}

// rescale turns the entries ±from of an interpolation instance into ±to.
func rescale(in attention.Instance, from, to float64) {
	for _, m := range []*mat.Dense{in.Q, in.K} {
		data := m.RawMatrix().Data
		for i, x := range data {
			switch x {
			case from:
				data[i] = to
			case -from:
				data[i] = -to
			}
		}
	}
}

// InterpolationAt is InterpolationCensus with entries fixed by h > 0: B = √(2hd).
func InterpolationAt(h float64) Reduction[ovp.Instance, finegrain.Two[*big.Int, ovp.Found], attention.Instance, attention.Output] {
	if !(h > 0) || math.IsInf(h, 1) {
		panic(fmt.Sprintf("reductions: interpolation needs a finite h > 0, not %v", h))
	}
	return interpolationRoute("census", ovp.Census, census, fixedNodes(h))
}

// chooseNodes picks the nodes for an instance with vectors on both sides and d ≥ 1.
type chooseNodes func(finegrain.Env, ovp.Instance, finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error)

func fixedNodes(h float64) chooseNodes {
	return func(env finegrain.Env, in ovp.Instance, _ finegrain.Oracle[attention.Instance, attention.Output]) (Nodes, error) {
		nodes, err := NewNodes(env, in.B.N(), in.D(), h)
		if err == nil && nodes.Tolerance(in.B.N()) == 0 {
			return nodes, fmt.Errorf("interpolation with h = %g at d = %d tolerates an error below the least float64; take a larger h", h, in.D())
		}
		return nodes, err
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

// From formulas to attention by the interpolation route.
var (
	SATByInterpolationDecision = declare(Compose(SplitAndListDecision, InterpolationDecision))
	SATByInterpolationSearch   = declare(Compose(SplitAndListSearch, InterpolationSearch))
	SATByInterpolationCounting = declare(Compose(SplitAndListCounting, InterpolationCounting))
	SATByInterpolationCensus   = declare(Compose(SplitAndListCensus, InterpolationCensus))

	InterpolationRoute = declareRoute(Route{
		Name: "interpolation",
		Doc: "split and list, then d attention calls with entries Θ(√log n) at scale 1/d, whose outputs are extrapolated " +
			"to the exact count",
		Source:   InterpolationCensus.Source,
		Search:   SATByInterpolationSearch,
		Census:   &SATByInterpolationCensus,
		CensusAt: func(h float64) FormulaCensus { return Compose(SplitAndListCensus, InterpolationAt(h)) },
	})
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
		Plan: func(env finegrain.Env, in ovp.Instance, oracle finegrain.Oracle[attention.Instance, attention.Output]) (plan, error) {
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
			nodes, err := choose(env, in, oracle)
			if err != nil {
				return plan{}, err
			}
			epsilon := nodes.Tolerance(b)
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
					return newInterpolationReader(env, nodes, a, b, func(partners []*big.Int) (A, error) { return read(in, partners) })
				},
			}, nil
		},
	}
}

// Decode is the number of orthogonal partners that the read-off makes of one row, if the oracle errs by
// shift times the sign of λ_l at every node: for shift = ±ε, the worst that an oracle within ε can do.
// histogram[k] is the number of data keys with inner product k, k = 0…d; the exact outputs follow from it
// without any attention being computed.
func (n Nodes) Decode(env finegrain.Env, histogram []int64, shift float64) (*big.Int, error) {
	keys := int64(0)
	for _, c := range histogram {
		keys += c
	}
	reader := newInterpolationReader(env, n, 1, int(keys), func(partners []*big.Int) (*big.Int, error) { return partners[0], nil })
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
