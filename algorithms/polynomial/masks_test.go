package polynomial

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"finegrain"
	"finegrain/algorithms/attention"
)

// masked draws one of the masks for an instance: causal, ranges of any kind, or ranges that begin and end within a key
// of the leaves of the tree. Where these are too short for the method, they are nearly all keys.
func masked(r *rand.Rand, in attention.Instance) (attention.Instance, error) {
	n, _ := in.Q.Dims()
	m, _ := in.K.Dims()
	kind := r.IntN(3)
	if kind == 0 {
		in.Causal = true
		return in, nil
	}
	long := make([]attention.Range, n)
	for i := range long {
		long[i] = attention.Range{From: r.IntN(2), To: m - r.IntN(2)}
	}
	in.Ranges = long
	p, _, err := planFor(in)
	if err != nil {
		return in, err
	}
	in.Ranges = attention.SampleRanges(r, in)
	if kind == 2 {
		near := func() int { return min(m, max(0, p.block*p.blocks*r.IntN(p.strands+1)+r.IntN(3)-1)) }
		for i := range in.Ranges {
			from, to := near(), near()
			if from == to {
				from, to = 0, m
			}
			in.Ranges[i] = attention.Range{From: min(from, to), To: max(from, to)}
		}
	}
	if _, _, err := planFor(in); err != nil {
		in.Ranges = long
	}
	return in, nil
}

// againstExact holds a run to the definition in float64, to what its plan counts, and to what it declares.
func againstExact(in attention.Instance) (attention.Output, error) {
	p, counts, err := planFor(in)
	if err != nil {
		return attention.Output{}, err
	}
	out, cost, err := Polynomial.Run(testEnv(), in)
	if err != nil {
		return out, err
	}
	plain := in
	plain.Epsilon = 0
	exact, _, err := attention.Exact.Run(testEnv(), plain)
	if err != nil {
		return out, err
	}
	if off, row := attention.Distance(out, exact); off > out.Bound+exact.Bound || out.Bound > in.Epsilon {
		return out, fmt.Errorf("row %d is %g off, promised %g, asked %g (degree %d, rank %d, blocks %d of %d, %d strands)",
			row, off, out.Bound, in.Epsilon, p.degree, p.rank, p.blocks, p.block, p.strands)
	}
	if most := Polynomial.Guarantee.Bytes(in.Regime()); cost[finegrain.Bytes] > most {
		return out, fmt.Errorf("%d bytes, declared %d", cost[finegrain.Bytes], most)
	}
	return out, cost.Differ(counts)
}

// TestMasks: ragged blocks, strands and leaves of all sizes, both masks, more queries than keys and fewer.
func TestMasks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(30, 400).Draw(t, "n"), rapid.IntRange(30, 400).Draw(t, "m")
		d, dv := rapid.IntRange(1, 3).Draw(t, "d"), rapid.SampledFrom([]int{1, 2, 70}).Draw(t, "dv")
		seed := rapid.Uint64().Draw(t, "seed")
		in := random(seed, n, m, d, dv, rapid.Float64Range(0, 0.5).Draw(t, "B"))
		in.Epsilon = math.Pow(10, -rapid.Float64Range(0, 2).Draw(t, "−log ε"))
		in, err := masked(rand.New(rand.NewPCG(seed, 2)), in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := againstExact(in); err != nil {
			t.Fatal(err)
		}
	})
}

// TestLargeMasks: strands of several blocks, trees of some levels, several tiles of monomials, on 1, 2 and 3 cores. A
// causal mask and the ranges that say the same agree.
func TestLargeMasks(t *testing.T) {
	for _, c := range []struct{ n, m, d, dv int }{{3000, 2500, 3, 2}, {700, 1500, 5, 3}, {1500, 700, 5, 66}} {
		in := random(7, c.n, c.m, c.d, c.dv, 0.8)
		in.Epsilon = 1e-5
		causal, ranges := in, in
		causal.Causal = true
		ranges.Ranges = make([]attention.Range, c.n)
		for i := range ranges.Ranges {
			ranges.Ranges[i] = attention.Range{To: min(i+1, c.m)}
		}
		var first attention.Output
		for _, in := range []attention.Instance{causal, ranges} {
			out, err := againstExact(in)
			if err != nil {
				t.Fatal(err)
			}
			for cores := 1; cores <= 3; cores++ {
				env := testEnv()
				env.Cores = cores
				again, _, err := Polynomial.Run(env, in)
				if err != nil || !mat.Equal(out.Float, again.Float) {
					t.Errorf("%v: on %d cores the result differs (error %v)", c, cores, err)
				}
			}
			if in.Causal {
				first = out
			} else if off, row := attention.Distance(first, out); off > first.Bound+out.Bound {
				t.Errorf("%v: row %d differs by %g from that of the causal mask", c, row, off)
			}
		}
	}
}

// TestRangesWorthwhile: windows are refused where the sums over keys alone are no less work than the definition, and where
// they are less all is little more than twice the definition, as plan.go has it for leaves of full length.
func TestRangesWorthwhile(t *testing.T) {
	const n, d, c = 1024, 2, 2 + 1
	in := random(3, n, n, d, c-1, 0.6)
	in.Epsilon = 1e-4
	sums, refused, most := int64(0), 0, 0.0
	for width := n; width > 0; width /= 2 {
		in.Ranges = windows(n, width)
		definition := in.Regime().Pairs() * (d + c - 1 + 16)
		p, counts, err := planFor(in)
		if width == n {
			blocks, leaves := int64(n/p.block), int64(p.strands)
			sums = n*p.rank*c + n*(p.rank-1) + (2*blocks+leaves-1)*p.rank*c
			if n%(p.block*p.blocks) != 0 {
				t.Fatalf("%d blocks of %d keys make a leaf", p.blocks, p.block)
			}
		}
		if err != nil {
			if refused++; !strings.Contains(err.Error(), "its sums over keys take") || !strings.Contains(err.Error(), `use "exact"`) {
				t.Errorf("windows of %d keys: %v", width, err)
			}
		} else {
			most = max(most, float64(worth(counts))/float64(definition))
		}
		if (err != nil) != (sums >= definition) {
			t.Errorf("windows of %d keys: error %v, sums take %d, the definition %d", width, err, sums, definition)
		}
	}
	if !(most < 2.1) || refused == 0 {
		t.Errorf("%d widths are refused, and the others take up to %.2f times the definition's work", refused, most)
	}
}

// TestNodes: the nodes of a range cover its leaves once each, and are no more than the bound takes them for.
func TestNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := rapid.IntRange(1, 200).Draw(t, "T")
		from := rapid.IntRange(0, leaves-1).Draw(t, "from")
		to := rapid.IntRange(from+1, leaves).Draw(t, "to")
		levels := plan{strands: leaves}.levels()
		covered := make([]int, leaves)
		nodes := 0
		var cover func(node, depth int)
		cover = func(node, depth int) {
			if depth > levels {
				t.Fatalf("a node has more than %d levels below it", levels)
			}
			if node >= leaves {
				covered[node-leaves]++
				return
			}
			cover(2*node, depth+1)
			cover(2*node+1, depth+1)
		}
		nodesOf(from, to, leaves, func(node int) {
			nodes++
			cover(node, 0)
		})
		for l, times := range covered {
			if want := map[bool]int{true: 1}[l >= from && l < to]; times != want {
				t.Fatalf("leaf %d is covered %d times", l, times)
			}
		}
		if nodes > 2*(levels+1) {
			t.Fatalf("%d nodes, and %d levels", nodes, levels)
		}
	})
}

// TestMaskMutants: what goes wrong at borders, the law sees.
func TestMaskMutants(t *testing.T) {
	spoiled := func(spoil func(w *work, done int)) attention.Method {
		return method{measure: measure, spoil: spoil}.declare()
	}
	// instead answers some rows as if their queries saw other keys.
	instead := func(causal bool, other func(p plan, i int, seen attention.Range) attention.Range) attention.Method {
		m := Polynomial
		m.Run = func(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
			out, cost, err := Polynomial.Run(env, in)
			if err != nil || in.Causal != causal || !causal && in.Ranges == nil {
				return out, cost, err
			}
			p, _, _, err := method{measure: measure}.plan(env, in)
			if err != nil {
				return out, cost, err
			}
			n, _ := in.Q.Dims()
			edited := in
			edited.Causal, edited.Epsilon, edited.Ranges = false, 0, make([]attention.Range, n)
			for i := range n {
				edited.Ranges[i] = other(p, i, in.Visible(i))
			}
			exact, _, err := attention.Exact.Run(env, edited)
			if err != nil {
				return out, cost, err
			}
			for i := range n {
				if edited.Ranges[i] != in.Visible(i) {
					out.Float.SetRow(i, exact.Float.RawRowView(i))
				}
			}
			return out, cost, nil
		}
		return m
	}
	for _, c := range []struct {
		name   string
		causal bool // else ranges
		mutant attention.Method
	}{
		{"the first query of a block does not see its own key", true, instead(true,
			func(p plan, i int, seen attention.Range) attention.Range {
				if i > 0 && i < seen.To && i%p.block == 0 {
					seen.To--
				}
				return seen
			})},
		{"the last query of a block sees the next key", true, instead(true,
			func(p plan, i int, seen attention.Range) attention.Range {
				if i == seen.To-1 && i%p.block == p.block-1 {
					seen.To++
				}
				return seen
			})},
		{"ranges end a key early", false, instead(false, func(_ plan, _ int, seen attention.Range) attention.Range {
			seen.To = max(seen.From+1, seen.To-1)
			return seen
		})},
		{"ranges begin a key early", false, instead(false, func(_ plan, _ int, seen attention.Range) attention.Range {
			seen.From = max(0, seen.From-1)
			return seen
		})},
		{"strands begin with their own sum, too", true, spoiled(func(w *work, done int) {
			if w.in.Causal && done == 2 {
				for t := range len(w.sums) - 1 {
					copy(w.sums[t], w.sums[t+1])
				}
			}
		})},
		{"strands begin with nothing", true, spoiled(func(w *work, done int) {
			if w.in.Causal && done == 2 {
				for _, s := range w.sums {
					clear(s)
				}
			}
		})},
		{"queries beyond the last key see none of the last strand", true, spoiled(func(w *work, done int) {
			if last := len(w.sums) - 1; w.in.Causal && done == 3 && last > 0 {
				copy(w.sums[last], w.sums[last-1])
			}
		})},
		{"a leaf is missing", false, spoiled(func(w *work, done int) {
			if w.in.Ranges != nil && done == 1 {
				clear(w.sums[w.plan.strands])
			}
		})},
		{"the last leaf is missing", false, spoiled(func(w *work, done int) {
			if w.in.Ranges != nil && done == 1 {
				clear(w.sums[2*w.plan.strands-1])
			}
		})},
		{"an inner node lacks a child", false, spoiled(func(w *work, done int) {
			if w.in.Ranges != nil && done == 2 {
				for i := range w.plan.strands {
					if i > 0 {
						copy(w.sums[i], w.sums[2*i])
					}
				}
			}
		})},
		{"pairs that are looked at weigh 1", false, spoiled(func(w *work, done int) {
			if w.masked() && done == 1 {
				w.plan.degree = 0
			}
		})},
	} {
		c.mutant.Sample = func(r *rand.Rand, size int) attention.Instance {
			in := sample(r, size)
			for in.Causal != c.causal || !c.causal && in.Ranges == nil {
				in = sample(r, size)
			}
			return in
		}
		report := attention.VerifyMethod(testEnv(), c.mutant, 30)
		if !strings.Contains(strings.Join(report.Violations, "\n"), "off, and the reported bound") {
			t.Errorf("mutant %q: %v", c.name, report.Err())
		}
	}
}

// ExamplePolynomial_ranges takes a moving window of 1024 keys.
func ExamplePolynomial_ranges() {
	in := random(1, 8192, 8192, 4, 4, 0.5)
	in.Epsilon = 1e-4
	in.Ranges = windows(8192, 1024)
	out, cost, err := Polynomial.Run(testEnv(), in)
	fmt.Println(out.Bound <= in.Epsilon, err)
	fmt.Printf("%.2f of the pairs are looked at\n", float64(cost[finegrain.InnerProducts])/float64(in.Regime().Pairs()))
	// Output:
	// true <nil>
	// 0.05 of the pairs are looked at
}

// windows lets each of n queries see so many keys about its own number.
func windows(n, width int) []attention.Range {
	ranges := make([]attention.Range, n)
	for i := range ranges {
		from := min(max(0, i-width/2), n-width)
		ranges[i] = attention.Range{From: from, To: from + width}
	}
	return ranges
}

// BenchmarkMasks times causal masks against streaming, and ranges against the definition, in turn on the same
// instance, on all cores but for the definition, which takes one.
func BenchmarkMasks(b *testing.B) {
	type contest struct {
		name  string
		log   int
		other attention.Method
		mask  func(in *attention.Instance, n int)
	}
	r := rand.New(rand.NewPCG(4, 1))
	for _, c := range []contest{
		{"causal", 15, attention.Streaming, func(in *attention.Instance, _ int) { in.Causal = true }},
		{"windows", 13, attention.Exact, func(in *attention.Instance, n int) { in.Ranges = windows(n, n/4) }},
		{"any", 13, attention.Exact, func(in *attention.Instance, n int) {
			in.Ranges = make([]attention.Range, n)
			for i := range in.Ranges {
				ends := []int{r.IntN(n), r.IntN(n)}
				slices.Sort(ends)
				in.Ranges[i] = attention.Range{From: ends[0], To: ends[1] + 1}
			}
		}},
	} {
		b.Run(fmt.Sprintf("%s/log2n=%d", c.name, c.log), func(b *testing.B) {
			in := random(1, 1<<c.log, 1<<c.log, 4, 4, 0.5)
			in.Epsilon = 1e-4
			c.mask(&in, 1<<c.log)
			best := [2]float64{math.Inf(1), math.Inf(1)}
			for b.Loop() {
				for x, m := range []attention.Method{Polynomial, c.other} {
					start := time.Now()
					if _, _, err := m.Run(testEnv(), in); err != nil {
						b.Fatal(err)
					}
					best[x] = min(best[x], time.Since(start).Seconds())
				}
			}
			b.ReportMetric(1e3*best[0], "ms/polynomial")
			b.ReportMetric(1e3*best[1], "ms/other")
			b.ReportMetric(best[1]/best[0], "x-other")
		})
	}
}
