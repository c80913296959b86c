package attention

import (
	"fmt"
	"math"
	"math/big"

	"finegrain"
	"finegrain/internal/doubledouble"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// The gradient at any precision, by definition, to judge the methods by. (Derived here.) What is to be known of
// a row of weights is its averages of A2, A3 and of the products of their entries:
//
//	o = E[A3]·Y,   t = Σ_c (o − E)_c·Σ_i Y_ic·(E[a3_i·a2] − E[a3_i]·E[a2]).
//
// These are attention with values that are float64s, a product of two being a sum of two (twoProduct); and A1·X
// is a sum of float64s too, so that queries and keys of more coordinates have the very scores. The averages thus
// are those of Reference, each off by δ = 2^−bits·v, v ≥ 1 the largest value. With y_c = Σ_i|Y_ic| and |t_l| as
// above, c is off by δ·y_c and a difference E[ab] − E[a]E[b], at most 2v², by δ + 2vδ + δ² ≤ 4vδ, so that a row
// is off by at most δ·Σ_c y_c·(4v|c_c| + 2v²·y_c) for δ ≤ v; what follows is computed with 64 bits more than the
// averages have, and all of it is doubled.

// TrainingReference is a gradient at arbitrary precision.
type TrainingReference struct {
	DX    [][]*big.Float
	Loss  *big.Float
	Bound float64 // on the error of DX
}

const nameTrainingReference = "the reference of a gradient"

// GradientReference computes dL/dX with averages to so many bits, on all cores; it takes n·m exponentials of as
// many bits, hence is for small instances. It is exact arithmetic but for the averages where products of entries
// stay between 2^−900 and 2^900; other instances it refuses.
func GradientReference(env finegrain.Env, t Training, bits uint) (TrainingReference, error) {
	if err := t.Validate(); err != nil {
		return TrainingReference{}, err
	}
	if err := t.moderate(nameTrainingReference); err != nil {
		return TrainingReference{}, err
	}
	s := t.Size()
	in, err := t.averages()
	if err != nil {
		return TrainingReference{}, err
	}
	averages, err := Reference(env, in, nil, bits)
	if err != nil {
		return TrainingReference{}, err
	}

	precision := bits + 64 + 400 // sums of numbers up to 2^±200 and their products
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }
	ref := TrainingReference{Loss: number(0), DX: make([][]*big.Float, s.Dim)}
	for k := range ref.DX {
		for range s.Dim {
			ref.DX[k] = append(ref.DX[k], number(0))
		}
	}
	var term big.Float
	term.SetPrec(precision)
	addProduct := func(to, a, b *big.Float) { to.Add(to, term.Mul(a, b)) }
	scale := number(t.Scale)
	v := max(1, largestEntry(in.V))
	delta, worst := math.Ldexp(v, -int(bits)), 0.0
	for j := range s.Queries {
		at := averages.Big[j]
		a3, a2, products := at[:s.Width], at[s.Width:][:s.Dim], at[s.Width+s.Dim:]
		of := make([]*big.Float, s.Width) // Σ_c c_c·Y_ic
		for i := range of {
			of[i] = number(0)
		}
		row := 0.0
		for c := range s.ValueDim {
			out, y := number(-t.E.At(j, c)), 0.0
			for i := range s.Width {
				addProduct(out, a3[i], number(t.Y.At(i, c)))
				y += math.Abs(t.Y.At(i, c))
			}
			for i := range s.Width {
				addProduct(of[i], out, number(t.Y.At(i, c)))
			}
			size, _ := out.Float64()
			row += y * (4*v*math.Abs(size) + 2*v*v*y)
			addProduct(ref.Loss, out, out)
		}
		for l := range s.Dim {
			slope := number(0)
			for i := range s.Width {
				covariance := new(big.Float).SetPrec(precision).Add(products[2*(i*s.Dim+l)], products[2*(i*s.Dim+l)+1])
				covariance.Sub(covariance, term.Mul(a3[i], a2[l]))
				addProduct(slope, of[i], covariance)
			}
			slope.Mul(slope, scale)
			for k, a := range t.A1.RawRowView(j) {
				addProduct(ref.DX[k][l], slope, number(a))
			}
		}
		worst += row * floats.Norm(t.A1.RawRowView(j), math.Inf(1))
	}
	ref.Loss.SetMantExp(ref.Loss, -1)
	ref.Bound = 2 * delta * math.Abs(t.Scale) * worst * (1 + 0x1p-20)
	return ref, nil
}

// averages is the instance of attention whose outputs are the averages: of A3, of A2, and of both parts of each
// product of an entry of A3 with one of A2.
func (t Training) averages() (Instance, error) {
	tiny := func(a, b string) error {
		return &OutsideRegime{nameTrainingReference, fmt.Errorf("a product of entries of %s and %s is below 2^−900; "+
			"scale one up", a, b)}
	}
	s := t.Size()
	var parts int
	queries := make([][]expansion, s.Queries)
	for j := range queries {
		for l := range s.Dim {
			x, ok := expansion(nil).exactDot(t.A1.RawRowView(j), mat.Col(nil, l, t.X))
			if !ok {
				return Instance{}, tiny("A1", "X")
			}
			parts = max(parts, len(x), 1)
			queries[j] = append(queries[j], x)
		}
	}
	in := Instance{
		Q: mat.NewDense(s.Queries, s.Dim*parts, nil), K: mat.NewDense(s.Keys, s.Dim*parts, nil),
		V: mat.NewDense(s.Keys, s.Width+s.Dim+2*s.Width*s.Dim, nil), Scale: t.Scale,
	}
	for j, row := range queries {
		for l, x := range row {
			for i, y := range x {
				in.Q.Set(j, l*parts+i, y)
			}
		}
	}
	for k := range s.Keys {
		a2, a3, v := t.A2.RawRowView(k), t.A3.RawRowView(k), in.V.RawRowView(k)
		for l, y := range a2 {
			for i := range parts {
				in.K.Set(k, l*parts+i, y)
			}
		}
		copy(v, a3)
		copy(v[s.Width:], a2)
		v = v[s.Width+s.Dim:]
		for i, x := range a3 {
			for l, y := range a2 {
				p, lost := doubledouble.TwoProduct(x, y)
				if x != 0 && y != 0 && math.Abs(p) < leastExactProduct {
					return Instance{}, tiny("A3", "A2")
				}
				v[2*(i*s.Dim+l)], v[2*(i*s.Dim+l)+1] = p, lost
			}
		}
	}
	return in, nil
}

// Observe is max|g − dL/dX| over all entries, rounded up: never below the truth.
func (r TrainingReference) Observe(g *mat.Dense) float64 {
	var rows [][]*big.Float
	for k := range r.DX {
		var row []*big.Float
		for l := range r.DX[k] {
			row = append(row, big.NewFloat(g.At(k, l)))
		}
		rows = append(rows, row)
	}
	distance, _ := Distance(Output{Big: rows}, Output{Big: r.DX})
	return sumUp(distance, r.Bound)
}
