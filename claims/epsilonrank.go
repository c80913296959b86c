package claims

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/floats/scalar"

	"finegrain"
	"finegrain/algorithms/polynomial"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// The ε-rank beside the polynomial method's rank: how much of that rank is the method's, and how much the matrix's.
// (Derived here; the argument is in attention/epsilonrank.go.)

const (
	leastRatio = 1.0 / 64 // of B to √ln n
	mostRatio  = 1.0
	nearlyFull = 1.85 // exponent of the ε-rank at mostRatio that is claimed
)

var (
	epsilonRanks = epsilonRanksOf("epsilon-ranks", "uniform", sizes(8, 10), sizes(11, 12))
	cornerRanks  = epsilonRanksOf("epsilon-ranks-corners", "corners", sizes(8, 9), sizes(10, 10))
)

func epsilonRanksOf(id, data string, quick, full []measure.Value) measure.Experiment {
	return measure.Experiment{
		ID: id, Doc: "ε-rank of the attention matrix at ε = 1/n and d = ⌈log2 n⌉, entries " + data + ", against B/√ln n",
		Subject: "epsilon-rank",
		Axes: []measure.Axis{
			{Name: "data", Values: measure.Values(data)},
			{
				Name: "ratio", Values: measure.Values(leastRatio, 1.0/32, 1.0/16, 0.125, 0.25, 0.5, mostRatio),
				Full: measure.Values(0.09, 0.18, 0.35, 0.7),
			},
			{Name: "n", Values: quick, Full: full},
		},
		Trials: 2, Seed: 1,
		Limits: measure.Limits{Time: 10 * time.Minute, Memory: 2 << 30},
	}
}

// EpsilonRank is that the ε-rank does not exceed the polynomial method's rank, and rises with B/√ln n as that does.
var EpsilonRank = declare(Claim{
	ID:    "epsilon-rank",
	Title: "Singular values bound from below what rank the polynomial method needs",
	Statement: "With entries of Q and K at most B and scale 1/d, the attention matrix A = exp(QKᵀ/d) is approximated within ε·A in " +
		"every entry at rank C(d+g,g), g a degree at which some polynomial is certified to err by at most ε·e^x for |x| ≤ B². No rank " +
		"below the ε-rank does so, the least r with Σ_{k>r} σ_k² ≤ ε²·Σσ_k². On random instances with d = ⌈log2 n⌉ and ε = 1/n the " +
		"ε-rank is 1 at B = √ln n/64, does not fall as B grows, and is at least n^0.85 at B = √ln n.",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
		Argument: "what is within ε·A in every entry is within ε·‖A‖ in the Frobenius norm, and by Eckart and Young no matrix of rank r is " +
			"nearer to A than its singular values beyond the r-th",
	},
	Remark: "The method and its rank are the paper's, with explicit degrees; the ε-rank is added here. It bounds the rank of whatever has all " +
		"weights of one matrix within ε of themselves, not that of what has outputs within ε, nor the time of an algorithm; and random " +
		"instances are an average case.",
	Kind:        UpperBound,
	Experiments: []measure.Experiment{epsilonRanks, cornerRanks},
	Judge: func(e Evidence) finegrain.Verdict {
		var parts []finegrain.Verdict
		for _, x := range []measure.Experiment{epsilonRanks, cornerRanks} {
			rows, name := e.Of(x), fmt.Sprintf(" (%v)", x.Axes[0].Values[0])
			parts = append(parts,
				exactly(rows, "the ε-rank is at most the polynomial method's rank at the same B, d and ε"+name, belowPolynomial),
				exactly(rows.Where("ratio", leastRatio), "at B = √ln n/64 the ε-rank is 1"+name, func(r row) error {
					if rank := r.count("epsilon_rank"); rank != 1 {
						return fmt.Errorf("it is %d", rank)
					}
					return nil
				}),
				exactly(rows.Where("ratio", mostRatio), "at B = √ln n the ε-rank is at least n^0.85"+name, func(r row) error {
					n, rank := r.number("n"), float64(r.count("epsilon_rank"))
					if at := rankExponent(rank, n); !(at >= nearlyFull) {
						return fmt.Errorf("it is %g, n^%.3f", rank, at-1)
					}
					return nil
				}),
				rising(rows, name))
		}
		return finegrain.Worst(parts...)
	},
	Expect: func(m *measure.Measurement) {
		n, ratio := number(*m, "n"), number(*m, "ratio")
		method, most := polynomialAt(n, ratio)
		rank := min(most, math.Round(math.Pow(n, 0.95*(1+math.Log2(ratio)/6))))
		c, v := m.Counts, m.Values
		c["dimension"], c["degree"], c["epsilon_rank"] = int64(method.Dim), int64(method.Degree), int64(rank)
		v["b"], v["epsilon"], v["polynomial_rank"] = ratio*math.Sqrt(math.Log(n)), 1/n, most
		v["exponent"], v["polynomial_exponent"] = rankExponent(rank, n), method.Exponent
	},
	Figures: []Drawing{{ID: "epsilon-rank-exponents", Draw: func(e Evidence) (figure.Figure, error) {
		f := figure.Figure{
			Title: "Rank of the attention matrix: what weights within ε of it need, and what the polynomial method takes",
			Caption: "Exponents 1 + log r/log n of n·r operations at d = ⌈log2 n⌉ and error ε = 1/n. Measured: r the ε-rank of random " +
				"instances, medians of the trials with the least and the largest; no matrix of smaller rank is within ε·A in every " +
				"entry. Computed: r = C(d+g,g) of the polynomial method, which serves every instance with such entries. Above 2 a rank " +
				"exceeds n, and the exact algorithm is cheaper. Steps are those of the degree: 1, then 1 + d.",
			Alt: "Exponents of ranks against B/√ln n.",
			X:   figure.Axis{Label: "B / √ln n", Base: 2},
			Y:   figure.Axis{Label: "1 + log r / log n"},
		}
		exponents := func(s figure.Series, rows Table, q string) {
			s.Points = rows.Points("ratio", ValueOf(q))
			f.Series = append(f.Series, s)
		}
		rows, corners := e.Of(epsilonRanks), e.Of(cornerRanks)
		ns := rows.Values("n")
		name := func(n measure.Value) string { return fmt.Sprintf("n = %v", n) }
		for _, n := range ns {
			exponents(figure.Series{Name: name(n), Kind: figure.Measured}, rows.Where("n", n), "exponent")
		}
		if at := corners.Values("n"); len(at) > 0 {
			n := at[len(at)-1]
			exponents(figure.Series{Name: name(n) + ", entries ±B", Kind: figure.Measured}, corners.Where("n", n), "exponent")
		}
		for i, n := range ns {
			if i == 0 || i == len(ns)-1 {
				polynomial := figure.Series{Name: name(n) + ", polynomial", Kind: figure.Computed, Of: name(n)}
				exponents(polynomial, rows.Where("n", n), "polynomial_exponent")
			}
		}
		f.Series = append(f.Series, figure.Series{Name: "rank n", Kind: figure.Limit, Points: []figure.Point{
			{X: leastRatio, Y: 2}, {X: mostRatio, Y: 2},
		}})
		f.Y.Low = 1 // no rank is below 1
		for _, s := range f.Series {
			for _, p := range s.Points {
				f.Y.High = max(f.Y.High, math.Ceil(2*p.Y)/2, 2.5)
			}
		}
		return f, nil
	}}},
})

// polynomialAt is what the polynomial method takes in the regime of the statement, and its rank.
func polynomialAt(n, ratio float64) (polynomial.Finite, float64) {
	f := logarithmic.At(math.Log(n), ratio*ratio)
	return f, float64(polynomial.Rank(f.Dim, f.Degree))
}

// belowPolynomial is that the ε-rank is at most the polynomial method's rank, in a row of the regime of the statement.
func belowPolynomial(r row) error {
	n, ratio, rank := r.number("n"), r.number("ratio"), float64(r.count("epsilon_rank"))
	method, most := polynomialAt(n, ratio)
	for _, x := range []struct {
		what      string
		got, want float64
	}{
		{"the dimension", float64(r.count("dimension")), float64(method.Dim)},
		{"the degree", float64(r.count("degree")), float64(method.Degree)},
		{"B", r.value("b"), ratio * math.Sqrt(math.Log(n))},
		{"ε", r.value("epsilon"), 1 / n},
		{"the method's rank", r.value("polynomial_rank"), most},
		{"the method's exponent", r.value("polynomial_exponent"), method.Exponent},
		{"the exponent", r.value("exponent"), rankExponent(rank, n)},
	} {
		if !scalar.EqualWithinRel(x.got, x.want, 1e-12) {
			return fmt.Errorf("%s is %g, not %g", x.what, x.got, x.want)
		}
	}
	if rank > most {
		return fmt.Errorf("it is %g, and the method's %g", rank, most)
	}
	return nil
}

// rankExponent is that of n·r operations.
func rankExponent(r, n float64) float64 { return 1 + math.Log(r)/math.Log(n) }

// rising judges that at every n the median of the ε-rank does not fall from one B/√ln n to the next.
func rising(rows Table, name string) finegrain.Verdict {
	fell := map[measure.Value]error{}
	for _, n := range rows.Values("n") {
		at, before := 0.0, 0.0
		for _, s := range rows.Where("n", n).Samples("ratio", Count("epsilon_rank")) {
			if median := fit.Median(s.Y); median < before {
				fell[n] = fmt.Errorf("it falls from %g at B = %g·√ln n to %g at %g", before, at, median, s.X)
			} else {
				at, before = s.X, median
			}
		}
	}
	return exactly(rows, "the ε-rank does not fall as B grows"+name, func(r row) error { return fell[setting(r.Measurement, "n")] })
}
