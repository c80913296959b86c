package tree

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/monomials"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// inGivenOrder is the tree of rows as they are: nothing but leaves.
func inGivenOrder(t interface{ Fatal(...any) }, points *mat.Dense) *tree {
	n, d := points.Dims()
	none := builder{name: "none", halve: func(*tree, int32, int) {}}
	x, err := grow(testEnv(), n, d, n, func(dst []float64, i int) { copy(dst, points.RawRowView(i)) }, none)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestSpanningPath: a path goes through every point once, whatever the points, and is the same on any number of
// cores; in one dimension it is sorted.
func TestSpanningPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := pointSets(t)
		n, d := points.Dims()
		columns := inGivenOrder(t, points).standardised()
		one := testEnv()
		one.Cores = 1
		path, err := spanningPath(one, columns)
		if err != nil {
			t.Fatal(err)
		}
		again, err := spanningPath(testEnv(), columns)
		if err != nil || !slices.Equal(path, again) {
			t.Fatalf("first %v, then %v, %v", path, again, err)
		}
		if len(columns) == 0 {
			if path != nil {
				t.Fatal("a path through equal points")
			}
			return
		}
		if sorted := slices.Sorted(slices.Values(path)); !slices.Equal(sorted, upTo(n)) {
			t.Fatalf("of %d points the path has %v", n, path)
		}
		if d == 1 {
			along := make([]float64, n)
			for k, i := range path {
				along[k] = points.At(int(i), 0)
			}
			if down := slices.Clone(along); !slices.IsSorted(along) {
				if slices.Reverse(down); !slices.IsSorted(down) {
					t.Fatalf("the path goes through %v", along)
				}
			}
		}
	})
}

// TestSeparated: what hyperplanes separate, as it is counted while paths are joined, is what they separate of the
// path's edges by definition, and weights rest on it.
func TestSeparated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range []int{2, 3, 5} {
		p := pathsThrough(t, attention.Uniform(r, 120, d, 1))
		for p.count > 1 {
			p.batch(r)
		}
		path := p.walk()
		for h := range p.planes {
			want := int32(0)
			for k, i := range path[1:] {
				if p.of(i, int32(h)) != p.of(path[k], int32(h)) {
					want++
				}
			}
			if p.separated[h] != want {
				t.Fatalf("d = %d: %d edges are counted, and %d separated", d, p.separated[h], want)
			}
		}
	}
}

func pathsThrough(t *testing.T, points *mat.Dense) *paths {
	t.Helper()
	s, err := newSides(testEnv(), rand.New(rand.NewPCG(3, 4)), inGivenOrder(t, points).standardised())
	if err != nil {
		t.Fatal(err)
	}
	return newPaths(s)
}

// TestTestSet: the test set is as large as said; its hyperplanes go through d of the points in general position,
// and no more, and sides are those of exact arithmetic.
func TestTestSet(t *testing.T) {
	for _, d := range []int{2, 3, 4} {
		r := rand.New(rand.NewPCG(1, 2))
		columns := inGivenOrder(t, attention.Uniform(r, 60, d, 1)).standardised()
		s, err := newSides(testEnv(), rand.New(rand.NewPCG(3, 4)), columns)
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for k := d; monomials.Rank(d, k-d) <= 60; k++ {
			size = int(monomials.Rank(d, k-d))
		}
		if s.planes != size {
			t.Errorf("d = %d: %d hyperplanes, want %d", d, s.planes, size)
		}
	}
	// A plane through given points, with sides by determinants.
	columns := [][]float64{{0, 1, 2, 0, 5}, {0, 1, 0, 2, -1}}
	s, err := newSides(testEnv(), rand.New(rand.NewPCG(3, 4)), columns)
	if err != nil {
		t.Fatal(err)
	}
	tuples, at := 0, rand.New(rand.NewPCG(3, 4)).Perm(5)[:3]
	for i := range 3 {
		for j := i + 1; j < 3; j++ {
			a, b := at[i], at[j]
			h := int32(tuples)
			tuples++
			var sides [2][]int // by sign of the determinant
			for k := range 5 {
				x := (columns[0][b]-columns[0][a])*(columns[1][k]-columns[1][a]) -
					(columns[1][b]-columns[1][a])*(columns[0][k]-columns[0][a])
				switch {
				case x > 0:
					sides[0] = append(sides[0], k)
				case x < 0:
					sides[1] = append(sides[1], k)
				}
			}
			for _, same := range sides {
				for _, k := range same[min(1, len(same)):] {
					if s.of(int32(k), h) != s.of(int32(same[0]), h) {
						t.Errorf("%d and %d are not on one side of the line through %d and %d", k, same[0], a, b)
					}
				}
			}
			if len(sides[0]) > 0 && len(sides[1]) > 0 && s.of(int32(sides[0][0]), h) == s.of(int32(sides[1][0]), h) {
				t.Errorf("the line through %d and %d separates nothing", a, b)
			}
		}
	}
	if tuples != s.planes {
		t.Errorf("%d planes, want %d", s.planes, tuples)
	}
}

// TestStandardised: columns are orthonormal, and as many as the points span.
func TestStandardised(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	line, equal := mat.NewDense(50, 3, nil), mat.NewDense(50, 3, nil)
	for i := range 50 {
		x := r.Float64()
		line.SetRow(i, []float64{1 + x, 2 * x, -3 * x})
		equal.SetRow(i, []float64{1, 2, 3})
	}
	flat := attention.Uniform(r, 50, 3, 1e-200)
	for i := range 50 {
		flat.Set(i, 2, flat.At(i, 0)-flat.At(i, 1))
	}
	for _, c := range []struct {
		name   string
		points *mat.Dense
		rank   int
	}{
		{"uniform", attention.Uniform(r, 50, 3, 1e300), 3},
		{"on a plane", flat, 2},
		{"on a line", line, 1},
		{"equal", equal, 0},
		{"nearly on a line", nearlyCollinear(r, 50, 1e-10), 2},
		{"few in many dimensions", attention.Uniform(r, 4, 9, 1), 3},
		{"one", attention.Uniform(r, 1, 2, 1), 0},
	} {
		columns := inGivenOrder(t, c.points).standardised()
		if len(columns) != c.rank {
			t.Errorf("%s: %d coordinates, want %d", c.name, len(columns), c.rank)
		}
		n, _ := c.points.Dims()
		for i, x := range columns {
			if mean := floats.Sum(x) / float64(n); !(math.Abs(mean) < 1e-4) {
				t.Errorf("%s: mean %g", c.name, mean)
			}
			for j, y := range columns[:i+1] {
				want := 0.0
				if i == j {
					want = 1
				}
				if got := floats.Dot(x, y) / float64(n); !(math.Abs(got-want) < 1e-9) {
					t.Errorf("%s: covariance %g of columns %d and %d", c.name, got, i, j)
				}
			}
		}
	}
}

// TestFewCells: by the definition, with sums of binomials.
func TestFewCells(t *testing.T) {
	phi := func(planes, d int) *big.Int {
		sum := new(big.Int)
		for i := range d + 1 {
			sum.Add(sum, new(big.Int).Binomial(int64(planes), int64(i)))
		}
		return sum
	}
	for d := 1; d < 8; d++ {
		for _, most := range []int{1, 2, 7, 64, 1 << 13} {
			if s, x := fewCells(most, d), big.NewInt(int64(most)); phi(s, d).Cmp(x) > 0 || phi(s+1, d).Cmp(x) <= 0 {
				t.Errorf("%d hyperplanes in %d dimensions for %d cells", s, d, most)
			}
		}
	}
}

// TestPathSeparatesFew: on the test set and so, up to what a sample leaves open, on all hyperplanes, the path has the
// crossing number that it is for, also where the points are as bad as can be for trees of boxes. Its mutants have not:
// pairs that need not agree, points as they come.
func TestPathSeparatesFew(t *testing.T) {
	const n = 1 << 10
	r := rand.New(rand.NewPCG(1, 2))
	curve := mat.NewDense(n, 3, nil) // of moments: every point is on the hull
	for i := range n {
		x := r.Float64()
		curve.SetRow(i, []float64{x, x * x, x * x * x})
	}
	for name, points := range map[string]*mat.Dense{
		"square": attention.Uniform(r, n, 2, 1), "cube": attention.Uniform(r, n, 3, 1),
		"nearly a line": nearlyCollinear(r, n, 1e-7), "moment curve": curve,
	} {
		_, d := points.Dims()
		most := math.Pow(n, 1-1/float64(d))
		for mutant, change := range map[string]func(*paths){
			"":                     nil,
			"pairs need not agree": func(p *paths) { clear(p.bits) },
			"points as they come":  nil,
		} {
			p := pathsThrough(t, points)
			truth := slices.Clone(p.bits)
			if change != nil {
				change(p)
			}
			for p.count > 1 {
				p.batch(r)
			}
			path := p.walk()
			if mutant == "points as they come" {
				path = upTo(n)
			}
			p.bits = truth
			worst := 0
			for h := range int32(p.planes) {
				separated := 0
				for k, i := range path[1:] {
					if p.of(i, h) != p.of(path[k], h) {
						separated++
					}
				}
				worst = max(worst, separated)
			}
			t.Logf("%s, mutant %q: %d edges, n^(1-1/d) = %.0f", name, mutant, worst, most)
			if few := float64(worst) <= 2*most; few != (mutant == "") {
				t.Errorf("%s, mutant %q: %d edges, n^(1-1/d) = %.0f", name, mutant, worst, most)
			}
		}
	}
}

// TestPathTreeStops: a build that is cancelled returns with the error.
func TestPathTreeStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	points := attention.Uniform(rand.New(rand.NewPCG(1, 2)), 100, 2, 1)
	if _, err := NewCrossings(finegrain.NewEnv(ctx, 1), points, PathTree, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestPathTreeLaw: attention by the path tree.
func TestPathTreeLaw(t *testing.T) {
	for i, draw := range []func(*rand.Rand, int) attention.Instance{nil, sample} {
		m, all := counted(small(PathTree), draw)
		report := attention.VerifyMethod(testEnv(), m, 50)
		if err := report.Err(); err != nil {
			t.Error(err)
		}
		if i > 0 && (all[Visits] == 0 || all[Expansions] == 0) {
			t.Errorf("the law came to %v", all)
		}
	}
}

// TestTooManyForAPath: there is an error before anything is allocated.
func TestTooManyForAPath(t *testing.T) {
	for _, n := range []int{mostPath, mostPath + 1} {
		err := Takes(PathTree, n, 3)
		if many := n > mostPath; many != (err != nil) || many && !strings.Contains(fmt.Sprint(err), "at most 16384 points") {
			t.Errorf("%d points: error %v", n, err)
		}
	}
}

// TestDraw: hyperplanes are drawn as often as their weights say, e^η times as often with each edge that they separate.
func TestDraw(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	p := pathsThrough(t, attention.Uniform(r, 20, 2, 1))
	p.eta = math.Log(2)
	for h := range p.separated {
		p.separated[h] = 900
	}
	p.separated[2], p.separated[5] = 903, 904 // 8 and 16 to 1
	const draws = 1 << 16
	p.draw(r, draws)
	times := make([]float64, p.planes)
	for _, h := range p.drawn {
		times[h]++
	}
	for h, got := range times {
		share := math.Exp2(float64(p.separated[h]-900)) / float64(p.planes+7+15)
		if want := draws * share; math.Abs(got-want) > 5*math.Sqrt(want) {
			t.Errorf("plane %d is drawn %g times, want %g", h, got, want)
		}
	}
}
