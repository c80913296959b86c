package claims

import (
	"fmt"
	"math"
	"slices"
	"time"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// The gradient of the attention loss (Alman and Song 2024): as for attention itself, what bounded entries give
// is low rank, hence work linear in n at fixed B, d and error, beside which the definition looks at every pair.
// That the work stays n^{1+o(1)} for B = o(√log n) and errors 1/poly(n) is the degree's law, and is computed
// elsewhere, not measured.

// The setting: columns of A1, A2, A3 and of the values, and the error of the gradient of the mean loss.
const (
	gradientDim     = 4
	gradientEpsilon = 1e-5
	gradientFrom    = 1 << 10 // sizes from which growth is judged and fitted: below, what any run takes shows
)

// gradientSlack is how far the guarantee may lie above the error made at the corner for that to count as the worst case: 4
// is by the construction, and the rest by degrees, which are whole.
const gradientSlack = 20

// gradientAxes are parameters of the experiments; one core, since how two share a size of a millisecond moves an
// exponent.
func gradientAxes(algorithms []measure.Value, more ...measure.Axis) []measure.Axis {
	return append([]measure.Axis{
		{Name: "algorithm", Values: algorithms},
		{Name: "cores", Values: measure.Values(1)},
		{Name: "d", Values: measure.Values(gradientDim)},
		{Name: "dh", Values: measure.Values(gradientDim)},
	}, more...)
}

var gradientLinear = measure.Experiment{
	ID:      "gradient-linear",
	Doc:     "operations and seconds of the low-rank gradient against n at fixed B, d and error, on one core",
	Subject: "gradient",
	Axes: gradientAxes(measure.Values(polynomial.Gradient.Name),
		measure.Axis{Name: "B", Values: measure.Values(0.5)},
		measure.Axis{Name: "epsilon", Values: measure.Values(gradientEpsilon)},
		measure.Axis{Name: "n", Values: halfOctaves(6, 14), Full: halfOctaves(14.5, 17)}),
	Trials: 2, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
}

var gradientQuadratic = measure.Experiment{
	ID:      "gradient-quadratic",
	Doc:     "operations and seconds of the exact gradient against n, by definition and through streaming, on one core",
	Subject: "gradient",
	Axes: gradientAxes(measure.Values(attention.ExactGradient.Name, attention.Streaming.Name),
		measure.Axis{Name: "n", Values: halfOctaves(6, 12), Full: halfOctaves(12.5, 14)}),
	Trials: 2, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
}

var gradientErrors = measure.Experiment{
	ID:      "gradient-errors",
	Doc:     "error asked, guaranteed and made by the low-rank gradient, on random entries and where the polynomial errs most",
	Subject: "gradient",
	Axes: gradientAxes(measure.Values(polynomial.Gradient.Name),
		measure.Axis{Name: "data", Values: measure.Values("bounded", "corner")},
		measure.Axis{Name: "B", Values: measure.Values(0.25, 0.5, 1.0), Full: measure.Values(0.7)},
		measure.Axis{
			Name: "epsilon", Values: measure.Values(1e-1, 1e-3, 1e-5, 1e-7, 1e-9),
			Full: measure.Values(1e-2, 1e-4, 1e-6, 1e-8),
		},
		measure.Axis{Name: "n", Values: measure.Values(2048)}),
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
}

// AttentionGradient is the upper bound for the gradient, at fixed B.
var AttentionGradient = declare(Claim{
	ID:    "attention-gradient",
	Title: "With bounded entries, the gradient of the attention loss takes work linear in n",
	Statement: "For L(X) = ½‖D^{-1}·exp(A1·X·A2ᵀ/d)·A3·Y − E‖² over n queries and keys, with entries of A1·X and A2 at most " +
		"B, those of A1, A3·Y and E at most 1, d and d_h columns, and B, d, d_h and ε fixed, (dL/dX)/n is approximated within " +
		"ε in each entry by work linear in n: by a polynomial of degree g at rank C(d+g,g), where g depends on the fixed " +
		"numbers alone. (The paper's theorem is n^{1+o(1)} for d = O(log n), B = o(√log n) and errors 1/poly(n).) By " +
		"definition it takes n² exponentials and 2n²·(d+d_h) multiply-adds, and what is linear in n.",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2024, Provenance: finegrain.Derived,
		Argument: "row j of the gradient's middle factor times A2 is a covariance under the softmax weights of query j; " +
			"averages of values, keys and their products are attention with (1+d)(1+d_h) − 1 value columns, which a polynomial of " +
			"rank C(d+g,g) gives in 2n·C(d+g,g)·(1+d)(1+d_h) multiply-adds; an error of averages moves a covariance by about " +
			"thrice itself",
	},
	Remark: "The algorithm and the theorem are the paper's, but for the side on which one diagonal factor stands; degree, rank, " +
		"constants and the bound on the error are explicit here. Errors are measured on random entries, where they cancel, " +
		"and at the corner: scores up to B² with half of the weight where the polynomial errs most, made by A1·X = 1, A2 up to B² and scale 1.",
	Kind:        UpperBound,
	Experiments: []measure.Experiment{gradientLinear, gradientQuadratic, gradientErrors},
	Judge: func(e Evidence) finegrain.Verdict {
		linear, errors := e.Of(gradientLinear), e.Of(gradientErrors)
		return finegrain.Worst(
			exactly(linear, "all queries and keys go through one polynomial, whose rank is at most that of a degree for "+
				"M = B² and ε/16", ofOneGradientRank),
			e.growth(fmt.Sprintf("Operations of the low-rank gradient from n = %d on", gradientFrom),
				fit.Claimed{Relation: fit.Equal, Exponent: 1, Tolerance: 0.02}, between(linear, gradientFrom, math.Inf(1)), "n", operations),
			exactly(e.Of(gradientQuadratic), "the exact gradient counts its n² exponentials, and multiply-adds as declared", asDeclared),
			exactly(slices.Concat(errors, linear), "the error guaranteed is at most the one asked", func(r row) error {
				if bound, asked := r.value("bound"), r.number("epsilon")*r.number("n"); !(bound <= asked) {
					return fmt.Errorf("%.3g is guaranteed, and %.3g asked", bound, asked)
				}
				return nil
			}),
			exactly(errors, "the error made is at most the one guaranteed", func(r row) error {
				if made, bound := r.value("observed"), r.value("bound"); !(made <= bound) {
					return fmt.Errorf("%.3g is made, and %.3g guaranteed", made, bound)
				}
				return nil
			}),
			control(errors.Where("data", "corner"), "at the corner errors come near the guarantee", func(r row) error {
				if slack := r.value("bound") / r.value("observed"); !(slack <= gradientSlack) {
					return fmt.Errorf("the guarantee is %.3g times the error made, so that it is hardly tested", slack)
				}
				return nil
			}))
	},
	Expect: func(m *measure.Measurement) {
		s := gradientSize(*m)
		switch m.Experiment {
		case gradientQuadratic.ID:
			if setting(*m, "algorithm") == attention.ExactGradient.Name {
				m.Counts = attention.ExactGradient.Cost(s)
			} else {
				m.Counts = attention.GradientThrough(attention.Streaming).Cost(s)
			}
			return
		case gradientLinear.ID:
			both, rank := int64(s.Queries+s.Keys), polynomial.Rank(gradientDim, 3)
			m.Counts = s.Around()
			m.Counts[finegrain.MultiplyAdds] += both * rank * (1 + gradientDim) * (1 + gradientDim)
			m.Counts[polynomial.Features], m.Counts[polynomial.BlockSums] = both*(rank-1), both/128*rank
			m.Values["bound"] = number(*m, "epsilon") * number(*m, "n") / 3
			return
		}
		m.Values["bound"] = number(*m, "epsilon") * number(*m, "n") / 3
		if m.Values["observed"] = m.Values["bound"] / 4; setting(*m, "data") == "bounded" {
			m.Values["observed"] /= 1000
		}
	},
	Figures: []Drawing{
		{ID: "gradient-operations", Draw: func(e Evidence) (figure.Figure, error) {
			return gradientAgainstN(e, "Operations for the gradient of the attention loss",
				figure.Axis{Label: "operations", Base: 10}, "Operations are multiply-adds, exponentials, products that make "+
					"monomials and additions of block sums, each counted as one.", gradientOperations), nil
		}},
		{ID: "gradient-seconds", Draw: func(e Evidence) (figure.Figure, error) {
			return gradientAgainstN(e, "Seconds for the gradient of the attention loss",
				figure.Axis{Label: "time", Unit: "s", Base: 10},
				"Streaming is as exact, but in vector instructions.", Seconds), nil
		}},
	},
})

// gradientSize is the size of a row's instance.
func gradientSize(m measure.Measurement) attention.TrainingSize {
	n, d := int(number(m, "n")), int(number(m, "d"))
	return attention.TrainingSize{Queries: n, Keys: n, Dim: d, Width: d, ValueDim: int(number(m, "dh"))}
}

// ofOneGradientRank compares what was counted with the method: (n+m)·(r−1) products make the monomials, and
// (n+m)·r·(1+d)(1+d_h) multiply-adds sum keys up and read queries off, beside what gradients take anyway. With relative
// errors ε_A of weights averages err by 2ε_A, and an entry of (dL/dX)/n by no more than 3·2ε_A·d_h·|c|·B/d ≤ 6ε_A in
// this setting, |c| ≤ 2 an entry of f·h − E, and what is of second order or rounding: the degree for ε_A = ε/16 serves.
func ofOneGradientRank(r row) error {
	s := gradientSize(r.Measurement)
	both, columns := int64(s.Queries+s.Keys), int64(1+s.Dim)*int64(1+s.ValueDim)
	features, multiplyAdds := r.count(polynomial.Features), r.count(finegrain.MultiplyAdds)
	rank := features/both + 1
	if around := s.Around()[finegrain.MultiplyAdds]; features%both != 0 || multiplyAdds != around+both*rank*columns {
		return fmt.Errorf("%d multiply-adds and %d products for %d queries and keys are of no one rank",
			multiplyAdds, features, both)
	}
	degree, ok := polynomial.ChebyshevDegree(r.number("B")*r.number("B"), r.number("epsilon")/16)
	if most := polynomial.Rank(s.Dim, degree); !ok || rank > most {
		return fmt.Errorf("the rank is %d, and %d is that of degree %d", rank, most, degree)
	}
	return nil
}

// asDeclared compares the counts of an exact gradient with what its method declares, and the exponentials with n².
func asDeclared(r row) error {
	s := gradientSize(r.Measurement)
	method := attention.ExactGradient
	if setting(r.Measurement, "algorithm") == attention.Streaming.Name {
		method = attention.GradientThrough(attention.Streaming)
	}
	want := method.Cost(s)
	want[finegrain.Exponentials] = int64(s.Queries) * int64(s.Keys)
	for kind := range want {
		r.count(kind)
	}
	return r.Counts.Differ(want)
}

// gradientOperations is all that an algorithm counts but bytes and inner products, which are multiply-adds.
func gradientOperations(m measure.Measurement) (sum float64, ok bool) {
	if setting(m, "algorithm") == polynomial.Gradient.Name {
		return operations(m)
	}
	multiplyAdds, ok := Count(finegrain.MultiplyAdds)(m)
	exponentials, also := Count(finegrain.Exponentials)(m)
	return multiplyAdds + exponentials, ok && also
}

// gradientAgainstN draws a quantity of all three algorithms against n, with fitted lines, and where the low-rank
// one begins to be below the others.
func gradientAgainstN(e Evidence, title string, y figure.Axis, words string, of Quantity) figure.Figure {
	f := figure.Figure{
		Title: title, Alt: title + " against n on logarithmic axes.",
		X: figure.Axis{Label: "n, queries and keys", Base: 2}, Y: y,
		Caption: fmt.Sprintf("At d = d_h = %d, scale 1/d, on one core: exact, by definition; streaming, through streaming attention; polynomial, by low rank, for B = %v with an error of at most %v·n in each "+
			"entry of dL/dX. %s Medians of the trials; dashed lines are fitted to sizes from %d, and their slope is the "+
			"measured exponent.",
			gradientDim, 0.5, gradientEpsilon, words, gradientFrom),
	}
	add := func(name string, rows Table) []figure.Point {
		points := rows.Points("n", of)
		f.Series = append(f.Series, figure.Series{Name: name, Kind: figure.Measured, Points: points})
		large := slices.DeleteFunc(slices.Clone(points), func(p figure.Point) bool { return p.X < gradientFrom })
		if line, slope, ok := FittedLine(name, large); ok {
			f.Series = append(f.Series, line)
			f.Alt += fmt.Sprintf(" %s grows with exponent %v.", upperFirst(name), slope)
		}
		return points
	}
	low := add(polynomial.Gradient.Name, e.Of(gradientLinear))
	for _, name := range []string{attention.ExactGradient.Name, attention.Streaming.Name} {
		points := add(name, e.Of(gradientQuadratic).Where("algorithm", name))
		if p, ok := meeting(low, points); ok {
			f.Series = append(f.Series, figure.Series{
				Name: "crossing with " + name, Kind: figure.Measured, Points: []figure.Point{p},
			})
			f.Caption += fmt.Sprintf(" From n ≈ %s on polynomial takes less than %s.", twoDigits(p.X), name)
		}
	}
	return f
}

// between keeps the measurements at n from low to high.
func between(t Table, low, high float64) Table {
	return slices.DeleteFunc(slices.Clone(t), func(m measure.Measurement) bool {
		n := number(m, "n")
		return n < low || n > high
	})
}
