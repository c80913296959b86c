package ovp

import (
	"fmt"
	"testing"

	"finegrain"
	"finegrain/internal/simd"
)

// countedByRule counts, pair by pair, what countIn says that it spends on a band and a strip, and how many
// pairs are orthogonal.
func countedByRule(a, b Vectors, e *exits) (pairs, operations int64) {
	in, w := Instance{a, b}, a.Words()
	columns := b.n / simd.Group * simd.Group
	for i := 0; i < a.n; {
		to := min(a.n, i+e.chunk(w))
		rows := i + (to-i)/simd.Block*simd.Block // up to here in blocks
		for row := i; row < to; row++ {
			for j := range b.n {
				inBlock := row < rows && j < columns && w > 1 && !e.off
				if inBlock && ((row-i)%simd.Block > 0 || j%simd.Group > 0) {
					continue // with the first pair of the block
				}
				if inBlock {
					orthogonal, looked := blockByDefinition(in, row, j)
					pairs += int64(orthogonal)
					operations += simd.Block * simd.Group * int64(looked)
					e.blocks++
					e.looked += looked
					continue
				}
				pairs += int64(disjoint(a.Row(row), b.Row(j)))
				operations += int64(w)
			}
		}
		if w > 1 && !e.off && rows > i && columns > 0 {
			e.decide(w)
		}
		i = to
	}
	return pairs, operations
}

// TestCountsByTheRule: whatever the instructions, and whether early exits pay, never do, or first do and then
// do not, a scan counts the operations that its rule says, on instances of several bands, strips and
// searches.
func TestCountsByTheRule(t *testing.T) {
	on, off := 0, 0
	for _, c := range []struct {
		n, m, d int
		density []float64 // of equal parts of A
	}{
		{3, 7, 200, []float64{0.5}},
		{30, 45, 128, []float64{0.5}},
		{30, 45, 128, []float64{0.1}},
		{101, 83, 65, []float64{0.4, 0.2}},
		{203, 1403, 300, []float64{0.3}},
		{1101, 203, 300, []float64{0.5, 0.1}},
		{90, 150, 4200, []float64{0.2, 0.05}},
		{200, 75, 640, []float64{0.25, 0.05, 0.3, 0}},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			in := Instance{NewVectors(c.n, c.d), must(Random(testEnv(), 2, c.m, c.d, c.density[0])).B}
			for i := range c.n {
				part := c.density[i*len(c.density)/c.n]
				copy(in.A.Row(i), must(Random(testEnv().Sub(fmt.Sprint(i)), 1, 1, c.d, part)).A.Row(0))
			}
			g := must(newGrid(testEnv(), in, simd.Go))
			var pairs, operations int64
			for task := range g.bands * g.strips {
				var e exits
				_, a := g.bandAt(task / g.strips)
				p, o := countedByRule(a, g.stripAt(task%g.strips).Vectors, &e)
				pairs, operations = pairs+p, operations+o
				if e.off {
					off++
				} else if e.blocks > 0 {
					on++
				}
			}
			for _, isa := range simd.Supported() {
				count, cost, err := ScanIn(isa).Count(coresEnv(2), in)
				if err != nil || count.Int64() != pairs || cost[finegrain.WordOperations] != operations {
					t.Errorf("%v: %v pairs with %v, want %d with %d; %v", isa, count, cost, pairs, operations, err)
				}
			}
			found, cost, err := ScanIn(simd.Go).Find(coresEnv(2), in)
			for _, isa := range simd.Supported() {
				f, c, e := ScanIn(isa).Find(coresEnv(1), in)
				if err != nil || e != nil || f != found || c.Differ(cost) != nil {
					t.Errorf("%v finds %v with %v; plain Go %v with %v; %v, %v", isa, f, c, found, cost, err, e)
				}
			}
		})
	}
	if on < 3 || off < 3 {
		t.Errorf("early exits paid in %d tasks and did not in %d", on, off)
	}
}

// TestEarlyExitsAdapt: on dense lists nearly every pair is settled by its first word; on sparse ones the scan
// soon looks in full. Neither is far from the better of the two in operations, at any size.
func TestEarlyExitsAdapt(t *testing.T) {
	for _, d := range []int{128, 256, 512} {
		for density, most := range map[float64]float64{0.5: 1.05 * 64, 0.1: float64(d)} {
			in := must(Random(testEnv(), 1<<9, 1<<10, d, density))
			_, cost, err := Scan.Count(testEnv(), in)
			if err != nil {
				t.Fatal(err)
			}
			looked := 64 * float64(cost[finegrain.WordOperations]) / (1 << 19)
			if looked > most || density == 0.1 && looked < 0.98*most {
				t.Errorf("d = %d, density %v: %.1f coordinates of a pair are looked at", d, density, looked)
			}
		}
	}
}
