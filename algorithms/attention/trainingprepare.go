package attention

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"finegrain"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// What the methods for a gradient have in common: the products A1·X and A3·Y with bounds on their rounding,
// before the softmax, and the sum over queries after it. Both are linear in n and m.
//
// Sums over queries are cut into strands by n alone, each of which one core adds up in order; then strands are
// added in order, so that the result does not depend on the number of cores.

// mostTrained bounds the entries that gradients are computed for: all products then stay within float64.
const mostTrained = 0x1p100

// prepared is an instance up to its softmax.
type prepared struct {
	Training
	Shape TrainingSize

	Q     *mat.Dense // A1·X, n×d
	K     *mat.Dense // A2 less the middle of each column, m×d
	H     *mat.Dense // A3·Y less the middle of each column, m×dh
	KHalf []float64  // W: |K| is at most that, column by column
	HHalf []float64  // H: the same of H
	HLost []float64  // D: what the rounding of A3·Y may have moved an entry of H by

	Middle []float64 // of the columns of A3·Y
	Score  float64   // M: no score s·⟨q,k⟩, with absolute values in place of all factors, exceeds it
	Lost   float64   // what the rounding of A1·X may have moved a score by, but for what all of a query's have in common

	before       []float64 // Σ_j|a1_jk|·[|middle_c − E_jc|, 1], d×(dh+1)
	lost         float64   // what underflow may take from a result
	multiplyAdds int64     // so far, but for a method's own
}

// mostStrands is into how many strands queries are cut, at most.
const mostStrands = 64

func (s TrainingSize) strands() int { return min(s.Queries, mostStrands) }

// additions is how many roundings a term of the sum over queries passes: the product, the factor s, and additions.
func (p *prepared) additions() int {
	t := p.Shape.strands()
	return 2 + (p.Shape.Queries+t-1)/t + t
}

// prepare checks an instance and begins; the error is *OutsideRegime in the name of method where entries are too
// large.
func (t Training) prepare(env finegrain.Env, method string) (*prepared, error) {
	if err := env.Err(); err != nil {
		return nil, err
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if err := t.moderate(method); err != nil {
		return nil, err
	}
	p := &prepared{Training: t, Shape: t.Size()}
	s := p.Shape

	var err error
	if p.K, p.KHalf, _, err = centred(env, t.A2); err != nil {
		return nil, err
	}
	var values *mat.Dense
	if values, err = p.product(env, t.A3, t.Y); err != nil {
		return nil, err
	}
	if p.H, p.HHalf, p.Middle, err = centred(env, values); err != nil {
		return nil, err
	}
	width, err := pass.Columns(env, t.A3)
	if err != nil {
		return nil, err
	}
	p.HLost = make([]float64, s.ValueDim)
	for c := range p.HLost {
		sum := 0.0
		for k := range s.Width {
			sum += max(width.Most[k], -width.Least[k]) * math.Abs(t.Y.At(k, c))
		}
		p.HLost[c] = up(roundoff.Gamma(float64(s.Width))*sum, s.Width) + float64(s.Width)*0x1p-1074
	}
	if p.Q, err = p.product(env, t.A1, t.X); err != nil {
		return nil, err
	}
	return p, p.queries(env)
}

// moderate refuses, in the name of a method, entries whose products may leave the range of float64.
func (t Training) moderate(method string) error {
	for _, x := range t.matrices() {
		if most := largestEntry(x.m); most > mostTrained {
			return &OutsideRegime{method, fmt.Errorf("entries of %s reach %.3g, above 2^100; scale it down",
				x.name, ThreeDigitsUp(most))}
		}
	}
	if math.Abs(t.Scale) > mostTrained {
		return &OutsideRegime{method, fmt.Errorf("the scale is %.3g, above 2^100; move magnitude into X", t.Scale)}
	}
	return nil
}

// queries measures the scores, and what is known of c before them.
func (p *prepared) queries(env finegrain.Env) error {
	s := p.Shape
	reach := make([]float64, s.Dim) // Σ_l|X_kl|·W_l
	for k := range reach {
		for l, w := range p.KHalf {
			reach[k] += math.Abs(p.X.At(k, l)) * w
		}
	}
	type part struct {
		score, lost  float64
		sums         []float64
		multiplyAdds int64
	}
	parts := make([]part, s.strands())
	err := env.ForEach(len(parts), func(t int) {
		x := part{sums: make([]float64, s.Dim*(s.ValueDim+1))}
		c := make([]float64, s.ValueDim)
		for j := t * s.Queries / len(parts); j < (t+1)*s.Queries/len(parts) && (j%64 > 0 || env.Err() == nil); j++ {
			score, lost := 0.0, 0.0
			for l, q := range p.Q.RawRowView(j) {
				score += math.Abs(q) * p.KHalf[l]
			}
			a1 := p.A1.RawRowView(j)
			for k, a := range a1 {
				lost += math.Abs(a) * reach[k]
			}
			x.score, x.lost = max(x.score, score), max(x.lost, lost)
			for i, e := range p.E.RawRowView(j) {
				c[i] = p.Middle[i] - e
			}
			addReach(x.sums, a1, c)
			x.multiplyAdds += int64(s.Dim) * int64(2+s.ValueDim)
		}
		parts[t] = x
	})
	if err != nil {
		return err
	}
	p.before = make([]float64, s.Dim*(s.ValueDim+1))
	for _, x := range parts {
		p.Score, p.Lost = max(p.Score, x.score), max(p.Lost, x.lost)
		floats.Add(p.before, x.sums)
		p.multiplyAdds += x.multiplyAdds
	}
	scale := math.Abs(p.Scale)
	p.Score = up(scale*p.Score, s.Dim)
	p.Lost = up(scale*roundoff.Gamma(float64(s.Dim))*p.Lost, 3*s.Dim)
	p.lost = p.underflow()
	return nil
}

// underflow is step 4 of the bound: fewer than 2^8 products of each pair lose 2^−1074 each, and then meet what
// is left of the factors.
func (p *prepared) underflow() float64 {
	s := p.Shape
	widest := func(xs []float64) float64 { return 1 + floats.Max(xs) }
	values := widest(p.HHalf) + largestEntry(p.E)
	for _, x := range p.Middle {
		values += math.Abs(x)
	}
	return float64(s.Queries) * float64(s.Keys) * float64(s.Dim+s.ValueDim) * 0x1p-1066 *
		(1 + math.Abs(p.Scale)) * (1 + largestEntry(p.A1)) * widest(p.KHalf) * values * values
}

// addReach adds |a1_k|·[|c|, 1] to sums.
func addReach(sums, a1, c []float64) {
	for k, a := range a1 {
		row, a := sums[k*(len(c)+1):][:len(c)+1], math.Abs(a)
		for i, x := range c {
			row[i] += a * math.Abs(x)
		}
		row[len(c)] += a
	}
}

// beside is what a gradient counts beside its work on weights: A1·X, A3·Y, A1ᵀ·t, and the bounds on scores and
// on c, before and after.
func (s TrainingSize) beside() finegrain.Cost {
	n, m, d, dh := int64(s.Queries), int64(s.Keys), int64(s.Dim), int64(s.ValueDim)
	return finegrain.Cost{finegrain.MultiplyAdds: n*d*(2*d+2+2*dh) + m*int64(s.Width)*dh}
}

// cost is what was done for a gradient but for a method's own work, which takes so many words of memory on one
// core.
func (p *prepared) cost(words int64) finegrain.Cost {
	return finegrain.Cost{finegrain.MultiplyAdds: p.multiplyAdds, finegrain.Bytes: 8 * (p.Shape.words() + words)}
}

// words is the memory of what is prepared and of strands, in words of 8 bytes.
func (s TrainingSize) words() int64 {
	n, m, d, dh := int64(s.Queries), int64(s.Keys), int64(s.Dim), int64(s.ValueDim)
	return n*d + m*d + 2*m*dh + int64(s.strands())*(2*d*(d+dh+1)+2*dh+1) + 16*(d+dh+int64(s.Width))
}

// strand is what some queries add.
type strand struct {
	gradient, reach, magnitudes []float64
	squares                     float64
	multiplyAdds                int64
}

// strands cuts the queries into strands and has each worked on: f is given its first query and the one past the
// last, and adds them in order. Then they are added up. The error is that of env, or *CannotPromise, with because.
func (p *prepared) strands(env finegrain.Env, method string, a Accuracy, because error,
	f func(from, to int, add func(j int, c, t []float64)),
) (Gradient, error) {
	s := p.Shape
	strands := make([]strand, s.strands())
	var lock sync.Mutex
	done := 0
	err := env.ForEach(len(strands), func(i int) {
		x := strand{
			gradient: make([]float64, s.Dim*s.Dim), reach: make([]float64, s.Dim*(s.ValueDim+1)),
			magnitudes: make([]float64, s.ValueDim),
		}
		f(i*s.Queries/len(strands), (i+1)*s.Queries/len(strands), func(j int, c, t []float64) {
			a1 := p.A1.RawRowView(j)
			for k, y := range a1 {
				floats.AddScaled(x.gradient[k*s.Dim:][:s.Dim], y, t)
			}
			addReach(x.reach, a1, c)
			x.multiplyAdds += int64(s.Dim) * int64(s.Dim+s.ValueDim)
			for i, y := range c {
				x.magnitudes[i] += math.Abs(y)
				x.squares += y * y
			}
		})
		strands[i] = x
		lock.Lock()
		defer lock.Unlock()
		done++
		env.Report(done, len(strands), "parts of the gradient")
	})
	if err != nil {
		return Gradient{}, err
	}
	total := strands[0]
	for _, x := range strands[1:] {
		floats.Add(total.gradient, x.gradient)
		floats.Add(total.reach, x.reach)
		floats.Add(total.magnitudes, x.magnitudes)
		total.squares, total.multiplyAdds = total.squares+x.squares, total.multiplyAdds+x.multiplyAdds
	}
	p.multiplyAdds += total.multiplyAdds
	floats.Scale(p.Scale, total.gradient)
	known, ok := p.coefficients(a)
	if !ok {
		panic("attention: a gradient was computed of which nothing can be said")
	}
	g := Gradient{
		DX: mat.NewDense(s.Dim, s.Dim, total.gradient), Bound: min(p.boundBefore(a), p.boundAfter(known, total.reach)),
		Loss: total.squares / 2, LossBound: p.lossBound(known, total.magnitudes, total.squares),
	}
	if p.Epsilon > 0 && !(g.Bound <= p.Epsilon) {
		return g, p.cannot(method, g.Bound, because)
	}
	return g, nil
}

// together makes a method's Run of what computes on one team of workers; where env ends that, the error says so.
func together(method string, run func(finegrain.Env, Training) (Gradient, finegrain.Cost, error),
) func(finegrain.Env, Training) (Gradient, finegrain.Cost, error) {
	return func(env finegrain.Env, t Training) (g Gradient, cost finegrain.Cost, err error) {
		err = env.Together(func(env finegrain.Env) (err error) {
			g, cost, err = run(env, t)
			return err
		})
		if end := env.Err(); end != nil && errors.Is(err, end) {
			err = fmt.Errorf("attention: the %s gradient stopped: %w", method, err)
		}
		return g, cost, err
	}
}

// cannot is the error of a method that can promise no more than bound, and why if that is known.
func (p *prepared) cannot(method string, bound float64, because error) *WeakGradient {
	e := &WeakGradient{Weak: &CannotPromise{Method: method, Asked: p.Epsilon, Bound: bound, Because: because}}
	for _, other := range []struct {
		name     string
		promises float64
	}{
		{nameExactGradient, p.boundBefore(p.exactAccuracy())},
		{nameStreaming, p.boundBefore(p.accuracyThrough(p.streamingError()))},
	} {
		if other.name != method && other.promises < bound {
			e.Instead, e.Promises, bound = other.name, other.promises, other.promises
		}
	}
	return e
}

// cannotBefore is the same where no weight has been computed, and bound is what the method is known to keep to.
func (p *prepared) cannotBefore(method string, bound float64, because error) *WeakGradient {
	e := p.cannot(method, bound, because)
	e.Before = true
	return e
}

// reachable reports whether the error asked, if one is, may turn out to be promised with such averages.
func (p *prepared) reachable(a Accuracy) bool {
	x, ok := p.coefficients(a)
	return ok && (p.Epsilon == 0 || p.boundAtLeast(x) <= p.Epsilon)
}

// centred returns x less the middles of its columns, its half ranges, rounded up, and the middles.
func centred(env finegrain.Env, x *mat.Dense) (less *mat.Dense, half, middle []float64, err error) {
	extent, err := pass.Columns(env, x)
	if err != nil {
		return nil, nil, nil, err
	}
	rows, cols := x.Dims()
	half, middle = make([]float64, cols), make([]float64, cols)
	for l := range cols {
		middle[l] = extent.Least[l]/2 + extent.Most[l]/2
		if half[l] = max(extent.Most[l]-middle[l], middle[l]-extent.Least[l]); half[l] > 0 {
			half[l] = math.Nextafter(half[l], math.Inf(1))
		}
	}
	less = mat.NewDense(rows, cols, nil)
	err = pass.Rows(env, rows, cols, func(from, to int) {
		for j := from; j < to; j++ {
			floats.SubTo(less.RawRowView(j), x.RawRowView(j), middle)
		}
	})
	return less, half, middle, err
}

// product is a·b, each row a sum of rows of b in order.
func (p *prepared) product(env finegrain.Env, a, b *mat.Dense) (*mat.Dense, error) {
	rows, inner := a.Dims()
	_, cols := b.Dims()
	out := mat.NewDense(rows, cols, nil)
	p.multiplyAdds += int64(rows) * int64(inner) * int64(cols)
	return out, pass.Rows(env, rows, cols, func(from, to int) {
		for j := from; j < to; j++ {
			row := out.RawRowView(j)
			for k, x := range a.RawRowView(j) {
				floats.AddScaled(row, x, b.RawRowView(k))
			}
		}
	})
}
