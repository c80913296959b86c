package tree

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"finegrain/algorithms/attention"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// trees are the trees of some points by every builder that takes them.
func trees(t interface{ Fatal(...any) }, points *mat.Dense, leaf int) []*tree {
	n, d := points.Dims()
	var out []*tree
	for _, name := range Builders {
		by, err := builderFor(name, n, d, leaf)
		if err != nil {
			continue
		}
		x, err := grow(testEnv(), n, d, leaf, func(dst []float64, i int) { copy(dst, points.RawRowView(i)) }, by)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

// pointSets draws points: anywhere, nearly on a line, all equal but for the last bits, of few values.
func pointSets(t *rapid.T) *mat.Dense {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	n, d := rapid.IntRange(1, 200).Draw(t, "n"), rapid.IntRange(1, 5).Draw(t, "d")
	x := attention.Uniform(r, n, d, math.Pow(10, float64(rapid.IntRange(-3, 6).Draw(t, "B"))))
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	for i := range n {
		for l := range d {
			switch kind {
			case 1:
				x.Set(i, l, x.At(i, 0)+1e-9*x.At(i, l))
			case 2:
				x.Set(i, l, x.At(0, l)*(1+float64(r.IntN(3)-1)*0x1p-51))
			case 3:
				x.Set(i, l, math.Round(x.At(i, l)))
			}
		}
	}
	return x
}

// TestTrees: every tree is a permutation, halved into leaves that begin at multiples of their size; every point
// lies in every box that holds it, exactly, in frames that are nearly orthonormal; and no score is further from
// that of the centre than width says.
func TestTrees(t *testing.T) {
	turned := 0
	rapid.Check(t, func(t *rapid.T) {
		points := pointSets(t)
		n, d := points.Dims()
		leaf := rapid.SampledFrom([]int{1, 3, 16}).Draw(t, "leaf")
		r := rand.New(rand.NewPCG(uint64(n), uint64(d)))
		for _, x := range trees(t, points, leaf) {
			seen := make([]bool, n)
			for j, i := range x.order {
				if seen[i] || !slices.Equal(x.point(j), points.RawRowView(int(i))) {
					t.Fatalf("%s: point %d is row %d", x.builder, j, i)
				}
				seen[i] = true
			}
			q := attention.Uniform(r, 1, d, 1).RawRowView(0)
			for v := range x.nodes {
				v := int32(v)
				node := x.nodes[v]
				if x.frame(v) != nil {
					turned++
				}
				if int(node.from)%leaf != 0 || (node.left == 0) != (x.size(v) <= leaf) {
					t.Fatalf("%s: node %+v with leaves of %d", x.builder, node, leaf)
				}
				if node.left != 0 {
					a, b := x.nodes[node.left], x.nodes[node.right]
					if a.from != node.from || a.to != b.from || b.to != node.to {
						t.Fatalf("%s: children %+v and %+v of %+v", x.builder, a, b, node)
					}
				}
				x.holds(t, v, q)
			}
		}
	})
	if turned == 0 {
		t.Error("no node had a frame")
	}
}

func (x *tree) holds(t *rapid.T, v int32, q []float64) {
	exact := func(a, b []float64, from int) *big.Float { // ⟨a, point − b⟩
		sum := new(big.Float).SetPrec(400)
		for l, y := range a {
			k := new(big.Float).SetPrec(400).SetFloat64(x.point(from)[l])
			k.Sub(k, big.NewFloat(b[l]))
			sum.Add(sum, k.Mul(k, new(big.Float).SetPrec(400).SetFloat64(y)))
		}
		return sum.Abs(sum)
	}
	centre, half := x.box(v)
	width := x.width(v, q, norm(q))
	axes := make([]float64, x.dim)
	for j := int(x.nodes[v].from); j < int(x.nodes[v].to); j++ {
		for l := range x.dim {
			f := axes
			clear(axes)
			axes[l] = 1
			if frame := x.frame(v); frame != nil {
				f = frame[l*x.dim:][:x.dim]
			}
			if exact(f, centre, j).Cmp(big.NewFloat(half[l])) > 0 {
				t.Fatalf("%s: point %d is outside of the box of node %d", x.builder, j, v)
			}
		}
		if off := exact(q, centre, j); off.Cmp(big.NewFloat(width)) > 0 {
			t.Fatalf("%s: point %d is %g off along the query, the width is %g", x.builder, j, off, width)
		}
	}
}

// TestBest: no key is better by more than it may be, and few nodes are looked at where there is a best.
func TestBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := pointSets(t)
		n, d := points.Dims()
		q := attention.Uniform(rand.New(rand.NewPCG(uint64(n), 7)), 1, d, 1).RawRowView(0)
		for _, x := range trees(t, points, 2) {
			key, _ := x.best(q, norm(q))
			size := 0.0
			for j := range n {
				size = max(size, norm(x.point(j)))
			}
			for j := range n {
				if better := inner(q, x.point(j)) - inner(q, x.point(key)); better > 0.5+1e-13*norm(q)*size {
					t.Fatalf("%s: key %d is better by %g", x.builder, j, better)
				}
			}
		}
	})
	points := attention.Uniform(rand.New(rand.NewPCG(5, 6)), 1<<14, 2, 1000)
	for _, x := range trees(t, points, 16) {
		if _, visits := x.best([]float64{3, -2}, 4); visits > 200 {
			t.Errorf("%s: %d visits among %d nodes", x.builder, visits, len(x.nodes))
		}
	}
}

// TestMoments: however they come about, moments are those of the definition, to the roundings that bound.go
// counts.
func TestMoments(t *testing.T) {
	moved := 0
	rapid.Check(t, func(t *rapid.T) {
		points := pointSets(t)
		n, d := points.Dims()
		for _, tr := range trees(t, points, padding) {
			columns := rapid.IntRange(1, 6).Draw(t, "columns")
			values := make([]float64, columns*n)
			for i := range values {
				values[i] = math.Sin(float64(i))
			}
			x := newMoments(tr, values, columns, n, loopsOf(rapid.SampledFrom(simd.Supported()).Draw(t, "loops")))
			x.toward = same
			x.grade(4)
			y, row := make([]float64, d), make([]float64, x.rank)
			for v := range tr.nodes {
				v := int32(v)
				if x.formOf(v).moved {
					moved++
				}
				mu, want := x.at(v), make([]float64, columns*x.rank)
				for j := tr.nodes[v].from; j < tr.nodes[v].to; j++ {
					x.coordinates(y, tr.point(int(j)), v)
					row[0] = 1
					x.basis.Row(row, y, 4)
					for i, p := range row {
						for c := range columns {
							want[c*x.rank+i] += values[c*n+int(j)] * p * x.inverse[i]
						}
					}
				}
				// A coordinate of a frame may be off by what centring loses, relative to the side.
				_, half := tr.box(v)
				off := 0.0
				for _, h := range half {
					if h > 0 {
						off = max(off, x.formOf(v).off/h)
					}
				}
				allowed := (x.formOf(v).roundings(4)*0x1p-52 + 8*off) * float64(tr.size(v))
				for c := range columns {
					for i := range x.rank {
						if got := mu[c*x.stride+i]; !(math.Abs(got-want[c*x.rank+i]) <= allowed) {
							t.Fatalf("%s: moment %d of node %d is %g, want %g ± %g",
								tr.builder, i, v, got, want[c*x.rank+i], allowed)
						}
					}
				}
			}
		}
	})
	if moved == 0 {
		t.Error("no moments were moved")
	}
}
