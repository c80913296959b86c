package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// integers draws small whole numbers, with which products and sums are exact whatever their order: the loops can
// be compared bit for bit with three loops in Go.
func integers[F Float](r *rand.Rand, n int) []F {
	x := Aligned[F](n)
	for i := range x {
		x[i] = F(r.IntN(17) - 8)
	}
	return x
}

// nothing writes beyond its rows and columns: what lies behind holds this.
const guard = 12345

func guarded[F Float](n int) []F {
	x := Aligned[F](n)
	for i := range x {
		x[i] = guard
	}
	return x
}

func TestScores(t *testing.T) { every(t, scores[float64], scores[float32]) }

func scores[F Float](t *testing.T, a *Attention[F]) {
	r := rand.New(rand.NewPCG(3, 4))
	panel := 2 * a.Lanes
	for _, d := range []int{1, 2, 3, 5, 8, 16, 33} {
		for panels := 1; panels*panel <= MaxKeys; panels += 3 {
			q, k := integers[F](r, d*a.Rows), integers[F](r, panels*d*panel)
			tile := guarded[F](a.Rows * Stride)
			a.Scores(tile, q, k, d, panels)
			for i := range a.Rows {
				for j := range Stride {
					want := F(guard)
					if j < panels*panel {
						want = 0
						for l := range d {
							want += q[l*a.Rows+i] * k[(j/panel*d+l)*panel+j%panel]
						}
					}
					if got := tile[i*Stride+j]; got != want {
						t.Fatalf("d=%d, %d panels: score %d of row %d is %v, want %v", d, panels, j, i, got, want)
					}
				}
			}
		}
	}
}

func TestWeights(t *testing.T) { every(t, weights[float64], weights[float32]) }

// weights: the loop that makes scores and weights at once agrees bit for bit with the two.
func weights[F Float](t *testing.T, a *Attention[F]) {
	r := rand.New(rand.NewPCG(5, 6))
	for d := 1; d <= Small; d++ {
		for _, panels := range []int{1, 2, MaxKeys / 2 / a.Lanes} {
			q, k := Aligned[F](d*a.Rows), Aligned[F](panels*d*2*a.Lanes)
			for i := range q {
				q[i] = F(r.NormFloat64())
			}
			for i := range k {
				k[i] = F(r.NormFloat64())
			}
			once, twice := guarded[F](a.Rows*Stride), guarded[F](a.Rows*Stride)
			sums, both := integers[F](r, a.Rows*a.Lanes), Aligned[F](a.Rows*a.Lanes)
			copy(both, sums)
			a.Weights(once, sums, q, k, d, panels)
			a.Scores(twice, q, k, d, panels)
			a.Powers(twice, both, panels*2*a.Lanes)
			for i := range once {
				if once[i] != twice[i] {
					t.Fatalf("d=%d, %d panels: entry %d is %v in one loop and %v in two", d, panels, i, once[i], twice[i])
				}
			}
			for i := range sums {
				if sums[i] != both[i] {
					t.Fatalf("d=%d, %d panels: sum %d is %v in one loop and %v in two", d, panels, i, sums[i], both[i])
				}
			}
		}
	}
}

func TestLargest(t *testing.T) { every(t, largest[float64], largest[float32]) }

func largest[F Float](t *testing.T, a *Attention[F]) {
	r := rand.New(rand.NewPCG(7, 8))
	for keys := 2 * a.Lanes; keys <= MaxKeys; keys += 2 * a.Lanes {
		tile, most := Aligned[F](a.Rows*Stride), Aligned[F](a.Rows*a.Lanes)
		want := make([]F, a.Rows)
		for i := range a.Rows {
			want[i] = F(math.Inf(-1))
			for j := range Stride {
				tile[i*Stride+j] = F(r.NormFloat64())
				if j >= keys {
					tile[i*Stride+j] = 100 // must not be looked at
				} else {
					want[i] = max(want[i], tile[i*Stride+j])
				}
			}
		}
		want[0] = 50
		for i := range most {
			most[i] = F(math.Inf(-1))
		}
		most[a.Lanes-1] = 50
		a.Largest(tile, most, keys)
		for i := range a.Rows {
			got := F(math.Inf(-1))
			for _, x := range most[i*a.Lanes:][:a.Lanes] {
				got = max(got, x)
			}
			if got != want[i] {
				t.Fatalf("%d keys: the largest of row %d is %v, want %v", keys, i, got, want[i])
			}
		}
	}
}

func TestValues(t *testing.T) { every(t, values[float64], values[float32]) }

// values: every number of columns, few or not, tiles in the midst of more keys, sums added to what is there.
func values[F Float](t *testing.T, a *Attention[F]) {
	r := rand.New(rand.NewPCG(9, 10))
	panel := 2 * a.Lanes
	for columns := 1; columns <= 3*panel+1; columns++ {
		first, keys := r.IntN(3)*panel, (1+r.IntN(MaxKeys/panel))*panel
		total := first + keys + r.IntN(3)*panel
		width := a.Columns(columns)
		v := integers[F](r, total*max(columns, width))
		tile, before := integers[F](r, a.Rows*Stride), integers[F](r, a.Rows*width)
		out := guarded[F](a.Rows*width + a.Lanes)
		copy(out, before)
		a.Values(out, tile, v, first, keys, total, columns)

		at := func(i, c int) (place int) { // of output
			panels := c / panel
			if span := min(panel, width-panels*panel); span < panel {
				return panels*a.Rows*panel + i*span + c%panel
			}
			return panels*a.Rows*panel + i*panel + c%panel
		}
		value := func(j, c int) F {
			panels := c / panel
			return v[panels*total*panel+j*min(panel, width-panels*panel)+c%panel]
		}
		for i := range a.Rows {
			for c := range columns {
				var want, got F
				for j := range keys {
					w := tile[i*Stride+j]
					if a.Few(columns) {
						want += w * v[c*total+first+j]
					} else {
						want += w * value(first+j, c)
					}
				}
				if a.Few(columns) { // in parts
					for l := range a.Lanes {
						place := (c*a.Rows+i)*a.Lanes + l
						got += out[place]
						want += before[place]
					}
				} else {
					got = out[at(i, c)]
					want += before[at(i, c)]
				}
				if got != want {
					t.Fatalf("%d columns, keys %d…%d of %d: column %d of row %d is %v, want %v",
						columns, first, first+keys, total, c, i, got, want)
				}
			}
		}
		for _, x := range out[a.Rows*width:] {
			if x != guard {
				t.Fatalf("%d columns: something was written behind the output", columns)
			}
		}
	}
}

func TestTotals(t *testing.T) { every(t, totals[float64], totals[float32]) }

func totals[F Float](t *testing.T, a *Attention[F]) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{2, 4, 6, 12, longCall/4 + 2} {
		parts, dst := integers[F](r, n*a.Lanes), guarded[F](n+1)
		a.Totals(dst[:n], parts)
		for i, got := range dst {
			want := F(guard)
			if i < n {
				want = 0
				for _, x := range parts[i*a.Lanes:][:a.Lanes] {
					want += x
				}
			}
			if got != want {
				t.Fatalf("sum %d of %d is %v, want %v", i, n, got, want)
			}
		}
	}
}

func TestMisuse(t *testing.T) { every(t, misuse[float64], misuse[float32]) }

// misuse: what would read or write beyond a slice panics and says so.
func misuse[F Float](t *testing.T, a *Attention[F]) {
	tile, sums := Aligned[F](a.Rows*Stride), Aligned[F](a.Rows*a.Lanes)
	d, panel := 3, 2*a.Lanes
	q, k := Aligned[F](d*a.Rows), Aligned[F](d*panel)
	for what, call := range map[string]func(){
		"a short tile":           func() { a.Powers(tile[1:], sums, panel) },
		"no keys":                func() { a.Powers(tile, sums, 0) },
		"part of a panel":        func() { a.Powers(tile, sums, panel-1) },
		"more keys than a row":   func() { a.Powers(tile, sums, MaxKeys+panel) },
		"short sums":             func() { a.Powers(tile, sums[1:], panel) },
		"short shifts":           func() { a.Exponentials(tile, sums, sums[:a.Rows-1], panel) },
		"short maxima":           func() { a.Largest(tile, sums[1:], panel) },
		"short queries":          func() { a.Scores(tile, q[1:], k, d, 1) },
		"short keys":             func() { a.Scores(tile, q, k[1:], d, 1) },
		"no coordinate":          func() { a.Scores(tile, q, k, 0, 1) },
		"too many coordinates":   func() { a.Weights(tile, sums, tile, tile, Small+1, 1) },
		"weights, short queries": func() { a.Weights(tile, sums, q[1:], k, d, 1) },
		"keys beyond the values": func() { a.Values(tile, tile, tile, panel, panel, panel, 1) },
		"short values":           func() { a.Values(tile, tile, k[:panel-1], 0, panel, panel, 1) },
		"short output":           func() { a.Values(sums[1:], tile, tile, 0, panel, panel, 1) },
		"no column":              func() { a.Values(tile, tile, tile, 0, panel, panel, 0) },
		"no total":               func() { a.Totals(tile[:0], sums) },
		"an odd total":           func() { a.Totals(tile[:1], sums) },
		"short parts":            func() { a.Totals(tile[:a.Rows+2], sums) },
	} {
		t.Run(what, func(t *testing.T) {
			defer func() {
				if text := fmt.Sprint(recover()); len(text) < 5 || text[:5] != "simd:" {
					t.Errorf("it did not panic with a named reason: %s", text)
				}
			}()
			call()
		})
	}
}

// BenchmarkLoops times each loop on one tile, in the first-level cache, in ns a pair of query and key.
func BenchmarkLoops(b *testing.B) {
	for _, isa := range Supported() {
		if a := Attention64(isa); a != nil {
			loops(b, isa.String()+"/float64", a)
		}
		if a := Attention32(isa); a != nil {
			loops(b, isa.String()+"/float32", a)
		}
	}
}

func loops[F Float](b *testing.B, name string, a *Attention[F]) {
	tile, sums := Aligned[F](a.Rows*Stride), Aligned[F](a.Rows*a.Lanes)
	shift := Aligned[F](a.Rows)
	for i := range shift {
		shift[i] = 2 // x ← 2^(x−2) stays between 0 and 1
	}
	run := func(what string, f func()) {
		b.Run(name+"/"+what, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(a.Rows*MaxKeys), "ns/pair")
		})
	}
	panels := MaxKeys / 2 / a.Lanes
	run("exponentials", func() { a.Exponentials(tile, sums, shift, MaxKeys) })
	run("rate", func() { a.rate(&tile[0], &sums[0], &a.constants[0], panels) })
	run("largest", func() { a.Largest(tile, sums, MaxKeys) })
	for _, d := range []int{64, 16, 2} {
		q, k := Aligned[F](d*a.Rows), Aligned[F](d*MaxKeys)
		v, out := Aligned[F](max(d, a.Columns(d))*MaxKeys), Aligned[F](a.Rows*a.Columns(d))
		run(fmt.Sprintf("scores/d=%d", d), func() { a.Scores(tile, q, k, d, panels) })
		run(fmt.Sprintf("values/d=%d", d), func() { a.Values(out, tile, v, 0, MaxKeys, MaxKeys, d) })
		if d <= Small {
			run(fmt.Sprintf("weights/d=%d", d), func() { a.Weights(tile, sums, q, k, d, panels) })
		}
	}
}
