package attention

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"finegrain"
	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

func TestExactGradientKeepsTheLaw(t *testing.T) {
	report := VerifyGradient(finegrain.NewEnv(context.Background(), 1), ExactGradient, 60)
	t.Log(report.Notes)
	if err := report.Err(); err != nil {
		t.Error(err)
	}
}

// byMatrices is the definition with n×m matrices, in the paper's letters; mutants change p.
func byMatrices(t Training, p func(f, q *mat.Dense, o, c, h mat.Matrix) *mat.Dense) *mat.Dense {
	var x, h, o, c, q, g mat.Dense
	x.Product(t.A1, t.X, t.A2.T())
	x.Scale(t.Scale, &x)
	n, _ := x.Dims()
	for j := range n {
		row := x.RawRowView(j)
		most, sum := mat.Max(x.RowView(j)), 0.0
		for k := range row {
			row[k] = math.Exp(row[k] - most)
			sum += row[k]
		}
		for k := range row {
			row[k] /= sum
		}
	}
	h.Mul(t.A3, t.Y)
	o.Mul(&x, &h)
	c.Sub(&o, t.E)
	q.Mul(&c, h.T())
	g.Product(t.A1.T(), p(&x, &q, &o, &c, &h), t.A2)
	g.Scale(t.Scale, &g)
	return &g
}

// definitionOfP is p_jk = f_jk·(q_jk − r_j), r_j = ⟨o_j,c_j⟩.
func definitionOfP(f, q *mat.Dense, o, c, _ mat.Matrix) *mat.Dense {
	var p mat.Dense
	p.Apply(func(j, k int, f float64) float64 {
		r := 0.0
		_, dh := c.Dims()
		for i := range dh {
			r += o.At(j, i) * c.At(j, i)
		}
		return f * (q.At(j, k) - r)
	}, f)
	return &p
}

// TestGradientMutants: the law rejects what one may well write in place of p, or of s. A mutant shows only where
// it differs by more than rounding.
func TestGradientMutants(t *testing.T) {
	mutants := map[string]func(Training, Gradient) *mat.Dense{
		"the definition": func(x Training, _ Gradient) *mat.Dense { return byMatrices(x, definitionOfP) },
		"diag(r) on the side of the keys": func(x Training, _ Gradient) *mat.Dense {
			return byMatrices(x, func(f, q *mat.Dense, o, c, _ mat.Matrix) *mat.Dense {
				var p mat.Dense
				n, dh := c.Dims()
				p.Apply(func(j, k int, f float64) float64 {
					r := 0.0
					for i := range dh {
						r += o.At(k%n, i) * c.At(k%n, i)
					}
					return f * (q.At(j, k) - r)
				}, f)
				return &p
			})
		},
		"p2 omitted": func(x Training, _ Gradient) *mat.Dense {
			return byMatrices(x, func(f, q *mat.Dense, _, _, _ mat.Matrix) *mat.Dense {
				var p mat.Dense
				p.MulElem(f, q)
				return &p
			})
		},
		"p1 transposed": func(x Training, _ Gradient) *mat.Dense {
			return byMatrices(x, func(f, q *mat.Dense, o, c, h mat.Matrix) *mat.Dense {
				p := definitionOfP(f, q, o, c, h)
				p.Apply(func(j, k int, v float64) float64 {
					n, m := q.Dims()
					return v + f.At(j, k)*(q.At(k%n, j%m)-q.At(j, k))
				}, p)
				return p
			})
		},
		"the factor s missing": func(x Training, g Gradient) *mat.Dense {
			var d mat.Dense
			d.Scale(1/x.Scale, g.DX)
			return &d
		},
		"the result transposed": func(_ Training, g Gradient) *mat.Dense { return mat.DenseCopyOf(g.DX.T()) },
	}
	for what, spoil := range mutants {
		mutant := ExactGradient
		mutant.Run = func(env finegrain.Env, x Training) (Gradient, finegrain.Cost, error) {
			g, cost, err := ExactGradient.Run(env, x)
			if err != nil {
				return g, cost, err
			}
			if d := spoil(x, g); !mat.EqualApprox(d, g.DX, 1e-6*(1+mat.Max(d)-mat.Min(d))) {
				g.DX = d
			}
			return g, cost, nil
		}
		report := VerifyGradient(finegrain.NewEnv(context.Background(), 2), mutant, 30)
		if got := report.Err(); (got == nil) != (what == "the definition") {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// TestGradientPromiseMutants: the law rejects methods that do not keep to the bounds that they name, in one way each.
func TestGradientPromiseMutants(t *testing.T) {
	through := GradientThrough(Streaming)
	weakly := func(edit func(*WeakGradient)) func(Training, Gradient, error) (Gradient, error) {
		return func(_ Training, g Gradient, err error) (Gradient, error) {
			if weak := (*WeakGradient)(nil); errors.As(err, &weak) {
				edit(weak)
			}
			return g, err
		}
	}
	for what, c := range map[string]struct {
		of    GradientMethod
		spoil func(Training, Gradient, error) (Gradient, error)
		says  string
	}{
		"names a tenth less": {through, weakly(func(e *WeakGradient) {
			e.Weak.Bound = max(0.9*e.Weak.Bound, 1.01*e.Weak.Asked)
		}), "is refused"},
		"advises what promises no less": {ExactGradient, weakly(func(e *WeakGradient) {
			e.Instead, e.Promises = nameStreaming, e.Weak.Bound
		}), "it advises"},
		"advises what promises half": {through, weakly(func(e *WeakGradient) {
			e.Instead, e.Promises = nameExactGradient, e.Weak.Bound/2
		}), "is refused"},
		"refuses what it keeps to if nothing is asked": {ExactGradient, func(x Training, g Gradient, err error) (Gradient, error) {
			if err == nil && x.Epsilon > 0 && x.Epsilon < 2*g.Bound {
				weak := &CannotPromise{Method: "a mutant", Asked: x.Epsilon, Bound: 2 * g.Bound}
				return g, &WeakGradient{Weak: weak}
			}
			return g, err
		}, "is refused"},
		"refuses more": {ExactGradient, func(x Training, g Gradient, err error) (Gradient, error) {
			if err == nil && x.Epsilon > 100*g.Bound {
				return g, &WeakGradient{Weak: &CannotPromise{Method: "a mutant", Asked: x.Epsilon, Bound: 2 * x.Epsilon}}
			}
			return g, err
		}, "is refused"},
		"never refuses": {ExactGradient, func(x Training, g Gradient, err error) (Gradient, error) {
			if weak := (*WeakGradient)(nil); errors.As(err, &weak) {
				return g, &OutsideRegime{"a mutant", errors.New("it was asked for too much")}
			}
			return g, err
		}, "it fails"},
	} {
		mutant := c.of
		mutant.Run = func(env finegrain.Env, x Training) (Gradient, finegrain.Cost, error) {
			g, cost, err := c.of.Run(env, x)
			g, err = c.spoil(x, g, err)
			return g, cost, err
		}
		report := VerifyGradient(finegrain.NewEnv(context.Background(), 3), mutant, 30)
		if !strings.Contains(strings.Join(report.Violations, "\n"), c.says) {
			t.Errorf("%s: the law found %v", what, report.Err())
		}
	}
}

// TestGradientThrough: a gradient through exact attention keeps the law, and what one may well write in place of a
// covariance does not.
func TestGradientThrough(t *testing.T) {
	for what, row := range map[string]func(t, c, averages []float64){
		"": covariance,
		"p2 omitted": func(t, c, averages []float64) {
			averages = slices.Clone(averages)
			clear(averages[:len(c)])
			covariance(t, c, averages)
		},
		"products by columns": func(t, c, averages []float64) {
			averages = slices.Clone(averages)
			products := averages[len(c)+len(t):]
			for i := range c {
				for l := range t {
					products[i*len(t)+l] = products[(l*len(c)+i)%len(products)]
				}
			}
			covariance(t, c, averages)
		},
		"one column of values": func(t, c, averages []float64) {
			c = slices.Clone(c)
			clear(c[1:])
			covariance(t, c, averages)
		},
	} {
		report := VerifyGradient(finegrain.NewEnv(context.Background(), 4), gradientThrough(Exact, row), 30)
		if err := report.Err(); (err == nil) != (what == "") {
			t.Errorf("%q: %v", what, err)
		}
	}
}

// worstWithin is exact attention with every output off by beta, in the direction that moves covariances of columns as
// GradientThrough makes them most: products up, and their factors so that their product falls.
func worstWithin(beta float64) Method {
	m := Exact
	m.Run = func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
		out, cost, err := Exact.Run(env, in)
		if err != nil {
			return out, cost, err
		}
		n, d := in.Q.Dims()
		_, columns := in.V.Dims()
		dh := (columns - d) / (1 + d)
		for j := range n {
			row := out.Float.RawRowView(j)
			h, k, products := row[:dh], row[dh:][:d], row[dh+d:]
			towards := math.Copysign(beta, h[0])
			floats.AddConst(-math.Copysign(beta, k[0]), h)
			floats.AddConst(-towards, k)
			floats.AddConst(beta, products)
		}
		out.Bound += beta
		return out, cost, nil
	}
	return m
}

// TestErringAverages: where averages err as much as they may, by τ, in the worst way, the gradient errs by nearly as much
// as its bound says, which is mostly 3τ·|c|·H·W for each query: of two keys of different sign in all columns each query
// sees one, and what is wanted is far away, on one side.
func TestErringAverages(t *testing.T) {
	draw := func(r *rand.Rand) Training {
		s := TrainingSize{Queries: 3 + r.IntN(6), Keys: 2, Dim: 1 + r.IntN(3), Width: 1, ValueDim: 1 + r.IntN(3)}
		x := BoundedTraining(r, s, 1)
		positive := func(int, int, float64) float64 { return 0.5 + r.Float64() }
		signed := func(k, _ int, _ float64) float64 { return float64(1-2*k) * (0.5 + r.Float64()) }
		for _, y := range []*mat.Dense{x.A1, x.Y, x.E} {
			y.Apply(positive, y)
		}
		x.A2.Apply(signed, x.A2)
		x.A3.Apply(signed, x.A3)
		x.E.Scale(-1e4, x.E)
		x.X.Apply(func(int, int, float64) float64 { return 200 }, x.X)
		return x
	}
	env := finegrain.NewEnv(context.Background(), 6)
	for _, beta := range []float64{1e-9, 1e-4, 0.1} {
		m, tightest := GradientThrough(worstWithin(beta)), 0.0
		for seed := range uint64(20) {
			x := draw(rand.New(rand.NewPCG(seed, 6)))
			g, _, err := m.Run(env, x)
			if err != nil {
				t.Fatal(err)
			}
			reference, err := GradientReference(env, x, gradientBits)
			if err != nil {
				t.Fatal(err)
			}
			ratio := reference.Observe(g.DX) / g.Bound
			if tightest = max(tightest, ratio); !(ratio <= 1) {
				t.Errorf("τ = %g: error is %g of its bound", beta, ratio)
			}
		}
		t.Logf("τ = %g: error up to %.3f of its bound", beta, tightest)
		if tightest < 0.9 {
			t.Errorf("τ = %g: the error made is at most %.3g of its bound: that is to be nearly attained", beta, tightest)
		}
	}
}

// TestRoundedQueriesShow: the law sees it if the rounding of A1·X is left out of a bound.
func TestRoundedQueriesShow(t *testing.T) {
	mutant := ExactGradient
	mutant.Run = func(env finegrain.Env, x Training) (Gradient, finegrain.Cost, error) {
		g, cost, err := ExactGradient.Run(env, x)
		if err != nil {
			return g, cost, err
		}
		p, err := x.prepare(env, "a mutant")
		if err != nil {
			return g, cost, err
		}
		rho := roundoff.Gamma(float64(p.Shape.Keys + 6))
		score := roundoff.Gamma(float64(p.Shape.Dim+6))*p.Score + expError + unit // without p.Lost
		g.Bound = min(g.Bound, p.boundBefore(Accuracy{Score: score, Weight: rho, Average: 2 * rho / (1 - rho)}))
		return g, cost, nil
	}
	report := VerifyGradient(finegrain.NewEnv(context.Background(), 1), mutant, 60)
	if !strings.Contains(strings.Join(report.Violations, "\n"), "off, and") {
		t.Errorf("the law found %v", report.Err())
	}
}

// loss is L(X) at any precision.
func loss(t *testing.T, x Training) *big.Float {
	t.Helper()
	reference, err := GradientReference(finegrain.NewEnv(context.Background(), 1), x, 300)
	if err != nil {
		t.Fatal(err)
	}
	return reference.Loss
}

// TestGradientIsThatOfTheLoss: central differences (L(X+h) − L(X−h))/2h of each entry, at arbitrary precision
// and h = 2^−30, agree with the reference to h²/6 of the third derivative. With scores x_k(t), x' = v_k less its
// middle, |v_k| ≤ v, the derivatives of an average of h are the cumulants κ(h,v), κ(h,v,v), κ(h,v,v,v), at most
// H·v, 2H·v², 7H·v³ in absolute value for |h − middle| ≤ H: standard deviations are at most half ranges, and
// κ(h,v,v,v) = E[hv³] − 3·E[hv]·E[v²] with h, v less their means, at most 2H and 2v. So L”' = Σ 3c'c” + c·c”' is
// at most Σ_j v_j³·Σ_c(6H² + 7H|c|).
func TestGradientIsThatOfTheLoss(t *testing.T) {
	const h = 0x1p-30
	env := finegrain.NewEnv(context.Background(), 1)
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 5))
		x := BoundedTraining(r, TrainingSize{4, 5, 2, 2, 2}, 1.5)
		x.X.Apply(func(_, _ int, v float64) float64 { return math.Round(v*0x1p20) * 0x1p-20 }, x.X) // X ± h are float64s
		reference, err := GradientReference(env, x, 300)
		if err != nil {
			t.Fatal(err)
		}
		p, err := x.prepare(env, "a test")
		if err != nil {
			t.Fatal(err)
		}
		for k := range p.Shape.Dim {
			for l := range p.Shape.Dim {
				at := x.X.At(k, l)
				x.X.Set(k, l, at+h)
				difference := loss(t, x)
				x.X.Set(k, l, at-h)
				difference.Sub(difference, loss(t, x))
				x.X.Set(k, l, at)
				difference.SetMantExp(difference, 29)
				off, _ := difference.Sub(difference, reference.DX[k][l]).Float64()
				third := 0.0
				for j := range p.Shape.Queries {
					v := math.Abs(x.Scale*x.A1.At(j, k)) * p.KHalf[l]
					for c, half := range p.HHalf {
						worst := math.Abs(p.Middle[c]-x.E.At(j, c)) + half
						third += v * v * v * (6*half*half + 7*half*worst)
					}
				}
				if bound := h * h / 6 * third * 1.001; !(math.Abs(off) <= bound) || !(bound < 1e-17) {
					t.Errorf("entry %d,%d: difference and derivative are %g apart, bound %g", k, l, off, bound)
				}
			}
		}
	}
}

func TestTrainingSaysWhatIsWrong(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	good := BoundedTraining(r, TrainingSize{3, 4, 2, 5, 1}, 1)
	for want, spoil := range map[string]func(*Training){
		"Y is empty":                   func(x *Training) { x.Y = nil },
		"A2 is 3×2 and must be 4×2":    func(x *Training) { x.A2 = mat.NewDense(3, 2, nil) },
		"X is 2×3 and must be 2×2":     func(x *Training) { x.X = mat.NewDense(2, 3, nil) },
		"E is 2×1 and must be 3×1":     func(x *Training) { x.E = mat.NewDense(2, 1, nil) },
		"Y is 4×1 and must be 5×1":     func(x *Training) { x.Y = mat.NewDense(4, 1, nil) },
		"A3 is NaN at row 1, column 4": func(x *Training) { x.A3.Set(1, 4, math.NaN()) },
		"scale is +Inf":                func(x *Training) { x.Scale = math.Inf(1) },
		"error asked is -1":            func(x *Training) { x.Epsilon = -1 },
		"entries of X reach 1e+200":    func(x *Training) { x.X.Set(0, 0, 1e200) },
		"scale is 1e+40":               func(x *Training) { x.Scale = 1e40 },
		"leaves no digit":              func(x *Training) { x.Scale = 1e16 },
	} {
		x := good.mapped(mat.DenseCopyOf)
		spoil(&x)
		_, _, err := ExactGradient.Run(finegrain.NewEnv(context.Background(), 1), x)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	good.Epsilon = 1e-30
	var weak *CannotPromise
	if _, _, err := ExactGradient.Run(finegrain.NewEnv(context.Background(), 1), good); !errors.As(err, &weak) {
		t.Errorf("1e-30 in float64: %v", err)
	}
}

// Two keys with the same weight; the value of one, 1, is what is wanted, so L falls as its score rises.
func ExampleGradientMethod() {
	one := mat.NewDense(1, 1, []float64{1})
	t := Training{
		A1: one, A2: mat.NewDense(2, 1, []float64{1, -1}), A3: mat.NewDense(2, 1, []float64{1, 0}),
		X: mat.NewDense(1, 1, nil), Y: one, E: one, Scale: 1,
	}
	g, _, err := ExactGradient.Run(finegrain.NewEnv(context.Background(), 1), t)
	fmt.Println(g.DX.At(0, 0), g.Loss, g.Bound < 1e-14, err)
	// Output: -0.25 0.125 true <nil>
}
