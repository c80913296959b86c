package experiments

import (
	"math"
	"math/rand/v2"
	"testing"

	"finegrain"
	"finegrain/measure"
)

// TestAttentionWork: work that is foretold grows as what is counted does, whether linearly or quadratically, and
// where it is linear it is what is counted but for what the data decide.
func TestAttentionWork(t *testing.T) {
	for _, c := range []struct {
		algorithm string
		exponent  float64
	}{{"streaming", 2}, {"polynomial", 1}} {
		foretold, counted := map[int]float64{}, map[int]float64{}
		for _, m := range measured(t, "attention", 1, axis("n", 400, 1600), axis("d", 2), axis("dv", 2),
			axis("B", 0.5), axis("epsilon", 1e-3), axis("algorithm", c.algorithm)) {
			if m.Status != measure.Done {
				t.Fatalf("%v: %s", m.Cell, m.Reason)
			}
			foretold[m.Cell.Int("n")] = AttentionSubject.Work(m.Cell)
			work := 0.0
			for kind, count := range m.Counts {
				switch kind {
				case finegrain.MultiplyAdds, "features", "block_sums":
					work += float64(count)
				case finegrain.Exponentials:
					work += 8 * float64(count)
				}
			}
			counted[m.Cell.Int("n")] = work
		}
		if len(counted) != 2 {
			t.Fatalf("%d measurements", len(counted))
		}
		growth := math.Log(foretold[1600]/foretold[400]) / math.Log(4)
		ratio := foretold[1600] / counted[1600]
		if math.Abs(growth-c.exponent) > 0.05 || ratio < 0.99 || ratio > 1.5 {
			t.Errorf("%s: work grows with exponent %.3f, and is %.3f of what is counted", c.algorithm, growth, ratio)
		}
	}
}

// TestAttentionRegime: what is known before there is an instance does not fall short of it, for every kind of data.
func TestAttentionRegime(t *testing.T) {
	for _, m := range measured(t, "attention", 1, axis("n", 24), axis("d", 2), axis("algorithm", "exact"),
		axis("data", attentionData()...)) {
		before := attentionRegime(m.Cell)
		pairs := m.Counts[finegrain.InnerProducts]
		if m.Status != measure.Done || before.Pairs() != pairs {
			t.Errorf("%v (%s): %d pairs foretold, %d computed", m.Cell, m.Status, before.Pairs(), pairs)
		}
		g, values, err := drawnBy(m.Cell).generator()
		if err != nil {
			t.Fatal(err)
		}
		in, err := g.Generate(rand.New(rand.NewPCG(1, 1)), values)
		if err != nil {
			t.Fatal(err)
		}
		if r := in.Regime(); r.Scale != before.Scale || r.Causal != before.Causal || !(r.Score() <= before.Score()*(1+1e-9)) {
			t.Errorf("%v: %+v foretold, and it is %+v", m.Cell, before, r)
		}
	}
}
