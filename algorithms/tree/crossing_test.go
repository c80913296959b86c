package tree

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// nearlyCollinear is n points on y = x but for noise.
func nearlyCollinear(r *rand.Rand, n int, noise float64) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		y := 2*r.Float64() - 1
		x.SetRow(i, []float64{y, y + noise*(2*r.Float64()-1)})
	}
	return x
}

// TestCrossings: how the largest number of nodes that lines nearly along the points cross grows: linearly for
// kd-trees, whose cells all lie along the line, and about as the root for the conjugation tree. Where points are
// spread out all are alike.
func TestCrossings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	growth := func(name string, noise float64) float64 {
		var counts [2]float64
		for i, n := range []int{1 << 10, 1 << 14} {
			points := nearlyCollinear(r, n, noise)
			c, err := NewCrossings(testEnv(), points, name, 1)
			if err != nil {
				t.Fatal(err)
			}
			if c.Nodes() != 2*n-1 {
				t.Errorf("%s: %d nodes of %d points", name, c.Nodes(), n)
			}
			for range 50 {
				normal := []float64{1 + noise*(r.Float64()-0.5), -1}
				counts[i] = max(counts[i], float64(c.Count(normal, points.RawRowView(r.IntN(n)))))
			}
		}
		return math.Log(counts[1]/counts[0]) / math.Log(16)
	}
	for _, name := range Builders {
		line, square := growth(name, 1e-7), growth(name, 1)
		t.Logf("%s: exponents %.2f on a line, %.2f else", name, line, square)
		if linear := name != Builders[2]; linear != (line > 0.9) || !linear && line > 0.695 {
			t.Errorf("%s: exponent %.2f", name, line)
		}
		if square > 0.695 {
			t.Errorf("%s: exponent %.2f where points are spread out", name, square)
		}
	}
}

// TestBuilderNames: a name that is none and a tree for the plane elsewhere are errors that say so.
func TestBuilderNames(t *testing.T) {
	for name, want := range map[string]string{"oak": `no builder "oak"`, Builders[2]: "for 2 coordinates"} {
		_, err := NewCrossings(testEnv(), mat.NewDense(4, 3, nil), name, 1)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
