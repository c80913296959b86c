package claims

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"finegrain"
	"finegrain/experiments"
	"finegrain/figure"
	"finegrain/measure"
	"finegrain/ovp"
)

// The encoding by which orthogonal vectors in O(log n) dimensions become few dimensions over the integers (Chen 2018, in
// one level Williams 2018): that it is right, what it takes, and from which n on it serves. Its asymptotics are the
// paper's; the count of instances is derived in ovp/remainders.go.

// encodingPairsOf are pairs that encodings are compared on.
func encodingPairsOf(id, doc string, axes ...measure.Axis) measure.Experiment {
	return measure.Experiment{
		ID: id, Doc: doc, Subject: "encoding", Axes: axes, Trials: 1, Seed: 1,
		Limits: measure.Limits{Time: time.Minute, Memory: 2 << 30},
	}
}

var (
	encodingAll = encodingPairsOf("encoding-all-pairs",
		"encodings of all pairs of short vectors, in one level and in two",
		measure.Axis{Name: "inner", Values: measure.Values(1, 2)},
		measure.Axis{Name: "ell", Values: measure.Values(1, 2)},
		measure.Axis{Name: "blocks", Values: measure.Values(1, 2, 4), Full: measure.Values(3, 5)})
	encodingRandom = encodingPairsOf("encoding-random-pairs",
		"encodings of random pairs, orthogonal ones, such with one common coordinate, and any",
		measure.Axis{Name: "pairs", Values: measure.Values(90)},
		measure.Axis{Name: "inner", Values: measure.Values(1, 3)},
		measure.Axis{Name: "ell", Values: measure.Values(3, 20)},
		measure.Axis{Name: "blocks", Values: measure.Values(5, 30), Full: measure.Values(200)})
	encodingChosen = encodingPairsOf("encoding-chosen-pairs", "the same at the least size at which Chen 2018 chooses two levels",
		measure.Axis{Name: "pairs", Values: measure.Values(6)},
		measure.Axis{Name: "inner", Values: measure.Values(0)},
		measure.Axis{Name: "ell", Values: measure.Values(2)},
		measure.Axis{Name: "blocks", Values: measure.Values(4096)})
	encodingMutants = encodingPairsOf("encoding-control", "the same with moduli that are too small, which must show",
		measure.Axis{Name: "inner", Values: measure.Values(1, 2)},
		measure.Axis{Name: "ell", Values: measure.Values(2)},
		measure.Axis{Name: "blocks", Values: measure.Values(4)},
		measure.Axis{Name: "undersized", Values: measure.Values(3.0)})
	encodingMade = []measure.Experiment{encodingAll, encodingRandom, encodingChosen}
)

func encodingComputed(id, doc, subject string, axes ...measure.Axis) measure.Experiment {
	return measure.Experiment{
		ID: id, Doc: doc, Subject: subject, Trials: 1, Seed: 1,
		Axes:   append([]measure.Axis{{Name: "c", Values: measure.Values(1.0)}}, axes...),
		Limits: measure.Limits{Time: time.Minute},
	}
}

// everyOther are 2^low, 2^(low+2), …, 2^high.
func everyOther(low, high int) (all []measure.Value) {
	for k := low; k <= high; k += 2 {
		all = append(all, int64(1)<<k)
	}
	return all
}

var (
	encodingSizes = encodingComputed("encoding-sizes",
		"instances of the encoding of log2 n bits against ℓ, in one level and in two", "encoding size",
		measure.Axis{Name: "log2n", Values: measure.Values(1<<10, 1<<20)},
		measure.Axis{Name: "inner", Values: measure.Values(1, 2)},
		measure.Axis{
			Name: "ell", Values: measure.Values(1, 2, 4, 8, 16, 32, 64, 128),
			Full: measure.Values(3, 5, 6, 7, 9, 11, 13, 19, 23, 27, 38, 45, 54, 76, 91, 108),
		})
	encodingChen = encodingComputed("encoding-chen", "the encoding of log2 n bits with ℓ = 7^(log* n) and Chen's levels", "encoding size",
		measure.Axis{Name: "ell", Values: measure.Values(0)},
		measure.Axis{Name: "inner", Values: measure.Values(0)},
		measure.Axis{Name: "log2n", Values: everyOther(4, 24), Full: everyOther(3, 23)})
	encodingOneLevel = encodingComputed("encoding-least-one-level",
		"least ℓ at which the encoding of log2 n bits in one level makes n^loss instances", "encoding dimension",
		measure.Axis{Name: "inner", Values: measure.Values(1)},
		measure.Axis{Name: "loss", Values: measure.Values(0.5, 0.1)},
		measure.Axis{Name: "log2n", Values: everyOther(4, 24), Full: everyOther(3, 23)})
	encodingTwoLevels = encodingComputed("encoding-least-two-levels", "the same in two levels, the first of three blocks", "encoding dimension",
		measure.Axis{Name: "inner", Values: measure.Values(3)},
		measure.Axis{Name: "loss", Values: measure.Values(0.5)},
		measure.Axis{Name: "log2n", Values: everyOther(10, 24), Full: everyOther(9, 23)})
)

// LowDimensionEncoding is Chen's encoding.
var LowDimensionEncoding = declare(Claim{
	ID:    "low-dimension-encoding",
	Title: "Orthogonal vectors in O(log n) dimensions become n^o(1) instances over the integers in 2^O(log* n) dimensions",
	Statement: "There are maps ψ from {0,1}^D to Z^ℓ and sets V of integers with x·y = 0 iff ψ(x)·ψ(y) ∈ V; for D = O(log n) and " +
		"ℓ = 7^(log* n) the members of V are n^o(1) many. Each makes an instance of orthogonal vectors over the integers in dimension ℓ+1, " +
		"and squared, of maximum inner product in dimension (ℓ+1)² = 2^O(log* n).",
	Source: finegrain.Source{Paper: finegrain.Chen2018, Provenance: finegrain.Unchecked},
	Remark: "The encoding of one level is Williams's (2018). It is the step by which Gupta et al. 2025 arrive at their lower bound for " +
		"attention in 2^Θ(log* n) dimensions with entries poly(n), under SETH, which is cited here and not run. Derived here is how many " +
		"members V has: N = ℓ(M−2)·N'^g + 1 for g groups, M the product of their moduli and N' the members for one group, 1 for one block. " +
		"That N is n^o(1) is the paper's: no computation at given n shows it. That N is at most n^0.01 for ℓ = 7^(log* n) is checked, " +
		"and hardly a test, since ℓ is large.",
	Kind: Reduces,
	Experiments: []measure.Experiment{
		encodingAll, encodingRandom, encodingChosen, encodingMutants, encodingSizes, encodingChen, encodingOneLevel, encodingTwoLevels,
	},
	Judge: func(e Evidence) finegrain.Verdict {
		var made, computed, least Table
		for _, x := range encodingMade {
			made = append(made, e.Of(x)...)
		}
		computed = append(append(computed, e.Of(encodingSizes)...), e.Of(encodingChen)...)
		least = append(append(least, e.Of(encodingOneLevel)...), e.Of(encodingTwoLevels)...)
		return finegrain.Worst(
			exactly(made, "two vectors are orthogonal exactly if V holds the inner product of their encodings", func(r row) error {
				if n := r.count("disagreements"); n != 0 {
					return fmt.Errorf("of %d pairs %d are told wrongly", r.count("pairs"), n)
				}
				return nil
			}),
			control(made, "there are orthogonal pairs among them, and others", func(r row) error {
				if yes, no := r.count("yes"), r.count("no"); yes == 0 || no == 0 || yes+no != r.count("pairs") {
					return fmt.Errorf("%d of %d pairs are orthogonal, and %d not", yes, r.count("pairs"), no)
				}
				return nil
			}),
			control(e.Of(encodingMutants), "with moduli that are too small pairs are told wrongly", func(r row) error {
				if r.count("disagreements") == 0 {
					return fmt.Errorf("none is")
				}
				return nil
			}),
			exactly(made, "the instances of encoders that are made are as many as is computed from primes", asSized),
			exactly(computed, "dimensions are ℓ+1 and (ℓ+1)², and M and the instances as the formula has them", asEncoded),
			exactly(e.Of(encodingChen), "with ℓ = 7^(log* n) there are at most n^0.01 instances", func(r row) error {
				star := 1 + ovp.LogStar(r.number("log2n"))
				if ell := r.count("ell"); float64(ell) != math.Pow(7, float64(star)) || !(r.value("loss") <= 0.01) {
					return fmt.Errorf("ell is %d at log* n = %d, and the loss %g", ell, star, r.value("loss"))
				}
				return nil
			}),
			exactly(least, "the least ℓ makes at most n^loss instances, and ℓ−1 more", asLeast))
	},
	Expect: func(m *measure.Measurement) {
		switch m.Experiment {
		case encodingMutants.ID:
			m.Counts["disagreements"] = 40
			return
		case encodingAll.ID, encodingRandom.ID, encodingChosen.ID:
			size := sizeOfEncoder(int(number(*m, "ell")), levelsOf(*m, number(*m, "blocks"), number(*m, "ell")))
			m.Values["log2_modulus"], m.Values["log2_instances"] = size.Log2Modulus, size.Log2Instances
			m.Counts["pairs"], m.Counts["yes"], m.Counts["no"], m.Counts["disagreements"] = 256, 81, 175, 0
			return
		}
		bits := number(*m, "log2n") // c is 1
		ell := bits
		if x, ok := m.Cell.Number("ell"); ok {
			ell = x
			if ell == 0 {
				ell = math.Pow(7, float64(1+ovp.LogStar(bits)))
			}
		}
		dimensions := map[string]float64{"bits": bits, "ell": ell, "dimension": ell + 1, "squared": (ell + 1) * (ell + 1)}
		for name, x := range dimensions {
			m.Counts[name] = int64(x)
		}
		if loss, ok := m.Cell.Number("loss"); ok { // one block, and two before
			m.Values["log2_instances"], m.Values["log2_before"] = 0, loss*bits+1
			return
		}
		low, _, instances := encodingBounds(*m, bits, ell)
		m.Values["log2_modulus"], m.Values["log2_instances"] = low, instances(low)
		m.Values["loss"] = instances(low) / bits
	},
	Figures: []Drawing{{ID: "encoding-dimension", Draw: drawEncodingDimension}, {ID: "encoding-loss", Draw: drawEncodingLoss}},
})

// levelsOf are the groups that a row's encoder of so many blocks into ℓ integers has.
func levelsOf(m measure.Measurement, blocks, ell float64) []int {
	return experiments.EncodingGroups(int(blocks), int(ell), int(number(m, "inner")))
}

func sizeOfEncoder(ell int, groups []int) ovp.EncoderSize {
	size, err := ovp.SizeOfEncoder(context.Background(), ell, groups...)
	if err != nil {
		panic("claims: " + err.Error()) // only small ones are asked for
	}
	return size
}

// asSized compares the integers of an encoder, whose primes passed a test, with sums over primes from a sieve.
func asSized(r row) error {
	want := sizeOfEncoder(int(r.number("ell")), levelsOf(r.Measurement, r.number("blocks"), r.number("ell")))
	if m, n := r.value("log2_modulus"), r.value("log2_instances"); !near(m, want.Log2Modulus) || !near(n+1, want.Log2Instances+1) {
		return fmt.Errorf("log2 of the modulus is %g and of the instances %g, not %g and %g", m, n,
			want.Log2Modulus, want.Log2Instances)
	}
	return nil
}

// encodingBounds are bounds on log2 M at ℓ integers for so many bits, and how log2 N follows from it. The g moduli of
// the last level are the least primes above w = ℓ(M'−1)², M' that of the encoder within: at least w+1, …, w+g, and at
// most the (w+g)-th prime, which is at most 2k·ln k for k = w+g ≥ 3 (Rosser and Schoenfeld 1962: below k(ln k + ln ln k)
// from k = 6 on).
func encodingBounds(m measure.Measurement, bits, ell float64) (low, high float64, instances func(float64) float64) {
	groups := levelsOf(m, math.Ceil(bits/ell), ell)
	if groups == nil {
		return 1, 1, func(float64) float64 { return 0 }
	}
	last := len(groups) - 1
	g, within := float64(groups[last]), ovp.NewEncoderLevels(int(ell), groups[:last]...)
	w, _ := new(big.Float).SetInt(within.Largest()).Float64()
	low = g * math.Log2(w+1)
	if w < 1e9 {
		above, _ := math.Lgamma(w + g + 1)
		below, _ := math.Lgamma(w + 1)
		low = max(low, (above-below)/math.Ln2*(1-1e-9))
	}
	k := max(3, w+g)
	each, _ := new(big.Float).SetInt(within.Instances()).Float64()
	return low, g * math.Log2(2*k*math.Log(k)), func(log2M float64) float64 {
		x := math.Log2(ell) + log2M + math.Log2(1-math.Exp2(1-log2M)) + g*math.Log2(each)
		return x + math.Log2(1+math.Exp2(-x))
	}
}

// dimensionsOf compares the dimensions of a row.
func dimensionsOf(r row) error {
	bits, ell := r.count("bits"), r.count("ell")
	if float64(bits) != math.Ceil(r.number("c")*r.number("log2n")) || ell < 1 || r.count("dimension") != ell+1 ||
		r.count("squared") != (ell+1)*(ell+1) {
		return fmt.Errorf("%d bits become %d integers, dimension %d and %d", bits, ell, r.count("dimension"), r.count("squared"))
	}
	return nil
}

// asEncoded holds a row to the formula of the number of instances.
func asEncoded(r row) error {
	if err := dimensionsOf(r); err != nil {
		return err
	}
	ell := float64(r.count("ell"))
	if given := r.number("ell"); given > 0 && given != ell {
		return fmt.Errorf("ell is %g and not %g", ell, given)
	}
	low, high, instances := encodingBounds(r.Measurement, float64(r.count("bits")), ell)
	log2M, log2N := r.value("log2_modulus"), r.value("log2_instances")
	switch {
	case !(log2M >= low && log2M <= high):
		return fmt.Errorf("the modulus is 2^%g, and lies between 2^%g and 2^%g", log2M, low, high)
	case !near(log2N+1, instances(log2M)+1):
		return fmt.Errorf("there are 2^%g instances, and 2^%g of the formula", log2N, instances(log2M))
	case !near(r.value("loss"), log2N/r.number("log2n")):
		return fmt.Errorf("the loss is %g, not %g", r.value("loss"), log2N/r.number("log2n"))
	}
	return nil
}

// asLeast is that one integer less is too few, and that there are no fewer instances than primes allow.
func asLeast(r row) error {
	if err := dimensionsOf(r); err != nil {
		return err
	}
	most, got, before := r.number("loss")*r.number("log2n"), r.value("log2_instances"), r.value("log2_before")
	if !(got <= most) || r.count("ell") > 1 && !(before > most) {
		return fmt.Errorf("with ell = %d there are 2^%g instances, and 2^%g with one less; n^loss is 2^%g",
			r.count("ell"), got, before, most)
	}
	low, _, instances := encodingBounds(r.Measurement, float64(r.count("bits")), float64(r.count("ell")))
	if !(got >= instances(low)*(1-1e-9)) {
		return fmt.Errorf("there are 2^%g instances, and at least 2^%g by the formula", got, instances(low))
	}
	return nil
}

// drawEncodingDimension draws from which n on the encoding lowers the dimension.
func drawEncodingDimension(e Evidence) (figure.Figure, error) {
	f := figure.Figure{
		Title: "Dimension of maximum inner product after the encoding, beside that of the bits before",
		Alt:   "Dimensions against log₂ n, both axes logarithmic.",
		X:     figure.Axis{Label: "log₂ n", Base: 2},
		Y:     figure.Axis{Label: "dimension", Base: 10},
		Notes: []string{
			"From vectors of c·log₂ n bits the same comes of n^c in place of n, with a loss c times as large. A lower bound needs every c, " +
				"and a loss that tends to 0; vectors of log₂ n bits themselves are no hard case.",
			"That ℓ = 7^(log* n) is a choice of the paper's proof for all large n, and not the least.",
		},
	}
	var lower []string
	add := func(name string, rows Table) {
		points := rows.Points("log2n", Count("squared"))
		f.Series = append(f.Series, figure.Series{Name: name, Kind: figure.Computed, Points: points})
		for i := len(points) - 1; i >= 0 && points[i].Y < points[i].X; i-- {
			if i == 0 || points[i-1].Y >= points[i-1].X {
				lower = append(lower, fmt.Sprintf("%s from n = 2^(2^%g)", name, math.Log2(points[i].X)))
			}
		}
	}
	one := e.Of(encodingOneLevel)
	add("one level, loss ½", one.Where("loss", 0.5))
	add("one level, loss 0.1", one.Where("loss", 0.1))
	add("two levels, loss ½", e.Of(encodingTwoLevels))
	chen := e.Of(encodingChen)
	add("ℓ = 7^(log* n)", chen)
	before := figure.Series{Name: "log₂ n, before the encoding", Kind: figure.Theory}
	for _, k := range chen.Values("log2n") {
		before.Points = append(before.Points, figure.Point{X: float64(k.(int64)), Y: float64(k.(int64))})
	}
	f.Series = append(f.Series, before)
	f.Caption = "Vectors of log₂ n bits are encoded as ℓ integers; orthogonality becomes n^loss instances of maximum inner product, and so " +
		"of attention, in dimension (ℓ+1)². Computed, from the primes: the least ℓ at which the loss is at most what is given, in one " +
		"level and in two of which the first encodes three blocks; and (ℓ+1)² with Chen's ℓ. "
	if from, ok := notMore(e.Of(encodingTwoLevels), one.Where("loss", 0.5)); ok {
		f.Caption += fmt.Sprintf("At loss ½ two levels need no more integers than one from n = 2^(2^%g) on. ", math.Log2(from))
	}
	if lower == nil {
		f.Caption += "At none of these n is a dimension lower than the log₂ n bits that the encoding starts from."
	} else {
		f.Caption += "Of these n, only where the solid line is above is a dimension lower than the log₂ n bits before: " +
			strings.Join(lower, ", ") + ", and otherwise nowhere. No machine holds the least of them: at any n that can be run the encoding " +
			"raises the dimension. It serves the asymptotic statement alone, in which one level needs an ℓ that grows like log log n, and " +
			"the recursion one of 2^O(log* n)."
	}
	return f, nil
}

// notMore is the first log2 n from which on the first table has no larger dimensions than the second; false if the last
// has.
func notMore(a, b Table) (from float64, ok bool) {
	first, second := a.Points("log2n", Count("squared")), b.Points("log2n", Count("squared"))
	for k := 1; k <= min(len(first), len(second)); k++ {
		p, q := first[len(first)-k], second[len(second)-k]
		if p.X != q.X || p.Y > q.Y {
			break
		}
		from, ok = p.X, true
	}
	return from, ok
}

// drawEncodingLoss draws what the number of instances takes off the exponent.
func drawEncodingLoss(e Evidence) (figure.Figure, error) {
	f := figure.Figure{
		Title: "What the instances of the encoding cost: their number is n^loss",
		Caption: "log N/log n, N the instances that an encoding of log₂ n bits as ℓ integers makes, computed from the primes, in one level, " +
			"and in two of which the first encodes two blocks. From n^(2−o(1)) for orthogonal vectors follows n^(2−loss) for each " +
			"instance, and at a loss of 1 or more nothing, since that is the time to read it. Two levels make fewer instances only " +
			"where there are many blocks and ℓ is small",
		Alt: "Both axes are logarithmic; the loss falls about as 1/ℓ, that of two levels from a lower start and more slowly.",
		X:   figure.Axis{Label: "ℓ, integers of an encoding", Base: 2},
		Y:   figure.Axis{Label: "loss, log N/log n", Base: 10},
	}
	rows := e.Of(encodingSizes)
	for _, k := range rows.Values("log2n") {
		of := func(inner int) []figure.Point {
			return rows.Where("log2n", k).Where("inner", int64(inner)).Points("ell", ValueOf("loss"))
		}
		n := fmt.Sprintf("n = 2^(2^%g)", math.Log2(float64(k.(int64))))
		one, two := of(1), of(2)
		f.Series = append(f.Series,
			figure.Series{Name: n + ", one level", Kind: figure.Computed, Points: one},
			figure.Series{Name: n + ", two levels", Kind: figure.Computed, Points: two})
		for i := min(len(one), len(two)) - 1; i >= 0; i-- {
			if two[i].Y < one[i].Y {
				f.Caption += fmt.Sprintf("; at %s up to ℓ = %g of those drawn, with a loss of still %.2f", n, two[i].X, two[i].Y)
				break
			}
		}
	}
	f.Caption += "."
	f.Series = append(f.Series, figure.Series{
		Name: "nothing follows above", Kind: figure.Limit, Points: []figure.Point{{X: 1, Y: 1}, {X: 128, Y: 1}},
	})
	return f, nil
}
