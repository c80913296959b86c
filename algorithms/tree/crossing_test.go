package tree

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"finegrain/algorithms/attention"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
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
// kd-trees, whose cells all lie along the line, and about as the root for the conjugation tree and the path tree.
// Where points are spread out all are alike.
func TestCrossings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	growth := func(name string, noise float64) float64 {
		var counts [2]float64
		for i, n := range []int{1 << 8, 1 << 12} {
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
		if linear := name == KDTree || name == FramedTree; linear != (line > 0.9) || !linear && line > 0.695 {
			t.Errorf("%s: exponent %.2f", name, line)
		}
		if square > 0.695 {
			t.Errorf("%s: exponent %.2f where points are spread out", name, square)
		}
	}
}

// TestBuilderNames: a name that is none and a tree for the plane elsewhere are errors that say so.
func TestBuilderNames(t *testing.T) {
	for name, want := range map[string]string{"oak": `no builder "oak"`, ConjugationTree: "for 2 coordinates"} {
		_, err := NewCrossings(testEnv(), mat.NewDense(4, 3, nil), name, 1)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestCountsOfNodes: nodes that have points on both sides, by definition, where all is exact in float64; those whose
// boxes are crossed are among them and may be more.
func TestCountsOfNodes(t *testing.T) {
	more := 0
	rapid.Check(t, func(t *rapid.T) {
		points := pointSets(t)
		n, d := points.Dims()
		r := rand.New(rand.NewPCG(uint64(n), uint64(d)))
		points.Apply(func(_, _ int, x float64) float64 { return math.Round(1000 * math.Mod(x, 1000)) }, points)
		normal := attention.Uniform(r, 1, d, 10).RawRowView(0)
		for l, x := range normal {
			normal[l] = math.Round(x)
		}
		at := points.RawRowView(r.IntN(n))
		for _, x := range trees(t, points, rapid.SampledFrom([]int{1, 3, 16}).Draw(t, "leaf")) {
			want := 0
			for v := range x.nodes {
				up, down, on := 0, 0, 0
				for j := x.nodes[v].from; j < x.nodes[v].to; j++ {
					switch off := inner(normal, x.point(int(j))) - inner(normal, at); {
					case off > 0:
						up++
					case off < 0:
						down++
					default:
						on++
					}
				}
				if on > 0 || up > 0 && down > 0 {
					want++
				}
			}
			c := Crossings{x}
			if got := c.CountPoints(normal, at); got != want {
				t.Fatalf("%s: %d nodes are counted, and %d have points on both sides", x.builder, got, want)
			}
			if boxes := c.Count(normal, at); boxes < want || boxes > c.Nodes() {
				t.Fatalf("%s: %d boxes of %d are crossed, and %d nodes have points on both sides",
					x.builder, boxes, c.Nodes(), want)
			} else if boxes > want {
				more++
			}
		}
	})
	if more == 0 {
		t.Error("no box was crossed where the points are not")
	}
}

// TestPathOfTinyCoordinates: what a hyperplane crosses does not depend on how small a coordinate is.
func TestPathOfTinyCoordinates(t *testing.T) {
	const n = 1 << 10
	most := func(size float64) (most int) {
		r := rand.New(rand.NewPCG(9, 10))
		points := mat.NewDense(n, 2, nil)
		for i := range n {
			points.SetRow(i, []float64{r.Float64(), size * r.Float64()})
		}
		c, err := NewCrossings(testEnv(), points, PathTree, 1)
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			most = max(most, c.CountPoints([]float64{1, 0}, points.RawRowView(r.IntN(n))))
		}
		return most
	}
	if plain, tiny := most(1), most(1e-309); tiny > plain+plain/2 {
		t.Errorf("%d nodes are crossed, and %d where a coordinate is tiny", plain, tiny)
	}
}
