package experiments

import (
	"errors"
	"math"
	"slices"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/measure"

	"gonum.org/v1/gonum/mat"
)

// GradientSubject measures the algorithms for the gradient of the attention loss. Instances are in the setting
// of Alman and Song, entries of A1·X and A2 up to B and scale 1/d; or those on which a polynomial errs most,
// with scores up to B² and scale 1, as they are in d = 1. The loss is a sum over n queries; epsilon is the error
// asked of the gradient of its mean, so that of an entry of dL/dX epsilon·n is asked. Values are of dL/dX:
// bound, the error that the algorithm guarantees after its work; asked, epsilon·n; observed, a number that the
// error made does not exceed.
var GradientSubject = declareSubject(measure.Subject{
	Name: "gradient",
	Doc:  "an algorithm for the gradient of the attention loss, on generated instances",
	Parameters: []measure.Parameter{
		oneOf("algorithm", "algorithm for gradients", "", gradientNames()),
		oneOf("data", "kind of instance", boundedTraining, []string{boundedTraining, cornerTraining}),
		wholeFrom("n", "queries and keys", 1, 1<<26),
		preset(wholeFrom("d", "head dimension, and columns of A3", 1, 1<<10), int64(4)),
		preset(wholeFrom("dh", "columns of the values A3·Y and of E", 1, 1<<10), int64(4)),
		preset(numberFrom("B", "largest absolute entry of A1·X and of A2", 0, 1e12), 0.5),
		preset(numberFrom("epsilon", "error asked of the gradient of the mean loss; 0: as good as it gets", 0, 1e12), 0.0),
		coresParameter,
	},
	Yields: slices.Concat(methodCounts, []measure.Yield{ // averages are made by an attention method, or as by one
		{Name: "bound", Doc: "error that the algorithm guarantees after its work"},
		{Name: "asked", Doc: "error that was asked; 0: none"},
		{Name: "observed", Doc: "at least the error that it made: the distance from another algorithm, and what that one " +
			"guarantees; up to 2^28 pairs, of streaming up to 2^22"},
	}),
	Accepts: func(c measure.Cell) error {
		if c.Word("data") == cornerTraining && !(c.Float("epsilon") > 0 && c.Float("B") > 0) {
			return errors.New("the worst corner is that for an error and a bound on entries; epsilon and B must be above 0")
		}
		return nil
	},
	Work: func(c measure.Cell) float64 {
		m := mustAttention(c) // that which a gradient is computed through, or takes about as long as
		return attentionWork(m.Guarantee, gradientRegime(c))
	},
	Bytes: func(c measure.Cell) float64 {
		s := gradientSize(c)
		n, d, dh := float64(s.Queries), float64(s.Dim), float64(s.ValueDim)
		return 8*n*(3*d+dh) + float64(mustGradient(c).Bytes(s))
	},
	Prepare: prepareGradient,
})

// Kinds of instances.
const (
	boundedTraining = "bounded"
	cornerTraining  = "corner"
)

func gradientNames() (names []string) {
	for _, m := range algorithms.Gradients() {
		names = append(names, m.Name)
	}
	return names
}

// mustGradient is the algorithm of a cell, whose name was checked.
func mustGradient(c measure.Cell) attention.GradientMethod {
	m, err := algorithms.GradientNamed(c.Word("algorithm"))
	if err != nil {
		panic("experiments: " + err.Error())
	}
	return m
}

func gradientSize(c measure.Cell) attention.TrainingSize {
	n, d := c.Int("n"), c.Int("d")
	return attention.TrainingSize{Queries: n, Keys: n, Dim: d, Width: d, ValueDim: c.Int("dh")}
}

// gradientRegime is that of the averages which make a gradient.
func gradientRegime(c measure.Cell) attention.Regime {
	s, b := gradientSize(c), c.Float("B")
	norm := b * math.Sqrt(float64(s.Dim))
	return attention.Regime{
		Queries: s.Queries, Keys: s.Keys, Dim: s.Dim, ValueDim: (1+s.Dim)*(1+s.ValueDim) - 1,
		B: b, QNorm: norm, KNorm: norm, Scale: 1 / float64(s.Dim), MaxV: 1, Epsilon: c.Float("epsilon"),
	}
}

func prepareGradient(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
	method, size := mustGradient(c), gradientSize(c)
	r, b, epsilon := env.Rand("instance"), c.Float("B"), c.Float("epsilon")
	var t attention.Training
	if c.Word("data") == cornerTraining {
		t = polynomial.WorstTraining(r, size, b*b, epsilon/4) // whose bound is about 4n times that
	} else {
		t = attention.BoundedTraining(r, size, b)
	}
	t.Epsilon = epsilon * float64(size.Queries)
	hash := newDigest()
	for _, x := range []*mat.Dense{t.A1, t.A2, t.A3, t.X, t.Y, t.E} {
		hash.matrix(x)
	}
	hash.numbers(t.Scale, t.Epsilon)
	other, most := attention.GradientThrough(attention.Streaming), 1<<28
	if method.Name == other.Name {
		other, most = attention.ExactGradient, 1<<22
	}
	var last attention.Gradient
	return measure.Trial{
		Data: hash.text(),
		Run: func(env finegrain.Env) (measure.Outcome, error) {
			g, cost, err := method.Run(onCores(env, c), t)
			if err != nil {
				return measure.Outcome{}, refusal(err)
			}
			last = g
			return measure.Outcome{Counts: cost, Values: map[string]float64{"bound": g.Bound, "asked": t.Epsilon}}, nil
		},
		Observe: func(env finegrain.Env, out *measure.Outcome) error {
			if size.Queries*size.Keys > most {
				return nil
			}
			plain := t
			plain.Epsilon = 0
			reference, _, err := other.Run(env, plain)
			if err != nil {
				return err
			}
			var off mat.Dense
			off.Sub(last.DX, reference.DX)
			worst := math.Nextafter(max(mat.Max(&off), -mat.Min(&off)), math.Inf(1))
			out.Values["observed"] = math.Nextafter(worst+reference.Bound, math.Inf(1))
			return nil
		},
	}, nil
}
