package experiments

import (
	"errors"
	"fmt"
	"math/big"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/measure"
	"finegrain/ovp"
)

// The questions that an algorithm for orthogonal vectors is asked.
const (
	questionDecide    = "decide"    // find a pair, or say that there is none
	questionCount     = "count"     // of orthogonal pairs
	questionHistogram = "histogram" // of inner products
)

// VectorsSubject measures the algorithms for orthogonal vectors on generated lists. Counts are those that the
// algorithm makes, and pairs: how many are orthogonal, or for a decision whether one is, 1 or 0.
var VectorsSubject = declareSubject(measure.Subject{
	Name: "orthogonal vectors",
	Doc:  "an algorithm for orthogonal vectors on generated lists of n vectors each",
	Parameters: []measure.Parameter{
		oneOf("algorithm", "algorithm for orthogonal vectors", ovp.Scan.Name, vectorsNames()),
		oneOf("question", "what is asked", questionCount, []string{questionDecide, questionCount, questionHistogram}),
		oneOf("data", "kind of instance, as generate ov makes it", ovp.Generators()[0].Name, vectorsData()),
		wholeFrom("n", "vectors of each list", 1, 1<<26),
		preset(wholeFrom("d", "coordinates", 1, 1<<20), int64(64)),
		preset(numberFrom("density", "probability that a coordinate is 1, where the kind has one", 0, 1), 0.5),
		coresParameter,
	},
	Yields: []measure.Yield{
		{Name: "word_operations", Doc: "by scan"},
		{Name: "additions", Doc: "by zeta"},
		{Name: "bytes", Doc: "working memory"},
		{Name: "pairs", Doc: "how many are orthogonal; of a decision 1 if one is, else 0"},
	},
	Accepts: func(c measure.Cell) error {
		a, err := algorithms.OrthogonalVectorsNamed(c.Word("algorithm"))
		if err != nil {
			return err
		}
		if c.Word("question") == questionHistogram && a.Histogram == nil {
			return fmt.Errorf("%s makes no histogram of inner products; take another algorithm", a.Name)
		}
		return a.Valid(c.Int("n"), c.Int("n"), c.Int("d"))
	},
	Work: func(c measure.Cell) float64 {
		return vectorsWork(mustVectors(c), float64(c.Int("n")), c.Int("d"))
	},
	Bytes: func(c measure.Cell) float64 {
		n, d := c.Int("n"), c.Int("d")
		lists := ovp.Parameters{N: n, D: d}.Bytes()
		return float64(lists) + float64(mustVectors(c).Bytes(finegrain.Env{}.Workers(), n, n, d))
	},
	Prepare: prepareVectors,
})

func vectorsNames() (names []string) {
	for _, a := range algorithms.OrthogonalVectors() {
		names = append(names, a.Name)
	}
	return names
}

func vectorsData() (names []string) {
	for _, g := range ovp.Generators() {
		names = append(names, g.Name)
	}
	return names
}

// mustVectors is the algorithm of a cell, whose name was checked.
func mustVectors(c measure.Cell) ovp.Algorithm {
	a, err := algorithms.OrthogonalVectorsNamed(c.Word("algorithm"))
	if err != nil {
		panic("experiments: " + err.Error())
	}
	return a
}

// vectorsWork is the sum of what Cost counts for two lists of n vectors. Cost is of degree 1 in the length of each list,
// so that its values for lists of none and of one vector tell it for all lengths, in floats where integers overflow.
func vectorsWork(a ovp.Algorithm, n float64, d int) float64 {
	at := func(n, m int) (work float64) {
		for kind, count := range a.Cost(n, m, d) {
			if kind != finegrain.Bytes {
				work += float64(count)
			}
		}
		return work
	}
	none := at(0, 0)
	left, right := at(1, 0)-none, at(0, 1)-none
	return none + n*(left+right) + n*n*(at(1, 1)-left-right-none)
}

func prepareVectors(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
	a := mustVectors(c)
	g, err := ovp.GeneratorNamed(c.Word("data"))
	if err != nil {
		return measure.Trial{}, err
	}
	in, err := g.Generate(env, ovp.Parameters{N: c.Int("n"), D: c.Int("d"), Density: c.Float("density")})
	if err != nil {
		return measure.Trial{}, err
	}
	hash := newDigest()
	hash.vectors(in.A)
	hash.vectors(in.B)
	run := func(env finegrain.Env) (cost finegrain.Cost, pairs int64, err error) {
		switch c.Word("question") {
		case questionDecide:
			found, cost, err := a.Find(env, in)
			if found.Any {
				pairs = 1
			}
			return cost, pairs, err
		case questionCount:
			n, cost, err := a.Count(env, in)
			if err == nil {
				pairs, err = small(n)
			}
			return cost, pairs, err
		}
		h, cost, err := a.Histogram(env, in)
		if err == nil {
			pairs, err = small(new(big.Int).SetUint64(h.Totals[0]))
		}
		return cost, pairs, err
	}
	return measure.Trial{Data: hash.text(), Run: func(env finegrain.Env) (measure.Outcome, error) {
		cost, pairs, err := run(onCores(env, c))
		if err != nil {
			return measure.Outcome{}, err
		}
		cost["pairs"] = pairs
		return measure.Outcome{Counts: cost}, nil
	}}, nil
}

// small is a count as a store keeps it.
func small(n *big.Int) (int64, error) {
	if !n.IsInt64() {
		return 0, errors.New("the count exceeds 2^63−1, the largest that is kept; take fewer variables or vectors")
	}
	return n.Int64(), nil
}
