package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// everyMoments runs a test with the loops of every set of instructions that the processor has.
func everyMoments(t *testing.T, test func(t *testing.T, m *Moments)) {
	for _, isa := range vectorSets(t) {
		t.Run(isa.String(), func(t *testing.T) { test(t, MomentsOf(isa)) })
	}
}

// TestMoments: products as steps say, and both sums, are those of three loops in Go, for any steps; numbers are small
// and whole, so that they are exact.
func TestMoments(t *testing.T) { everyMoments(t, moments) }

func moments(t *testing.T, m *Moments) {
	r := rand.New(rand.NewPCG(11, 12))
	line := 2 * m.Lanes
	for _, count := range []int{1, 2, 3, 8, 45} {
		for columns := 1; columns <= 2*mostMoments+1; columns++ {
			variables := 1 + r.IntN(3)
			steps, degrees := make([]Step, count-1), make([]int, count)
			for i := range steps {
				of := r.IntN(i + 1)
				for degrees[of] == 8 {
					of = r.IntN(i + 1)
				}
				degrees[i+1] = degrees[of] + 1
				steps[i] = Step{Of: int32(of), By: int32(r.IntN(variables))}
			}
			how := m.Steps(steps)
			x := Aligned[float64](variables * line)
			for i := range x {
				x[i] = float64(r.IntN(4) - 1)
			}
			first := integers[float64](r, line)
			want := make([]float64, count*line)
			copy(want, first)
			for i, s := range steps {
				for j := range line {
					want[(i+1)*line+j] = want[int(s.Of)*line+j] * x[int(s.By)*line+j]
				}
			}
			products := guarded[float64](count*line + m.Lanes)
			same := func(what string, got []float64, want func(i int) float64) {
				t.Helper()
				for i, y := range got {
					if w := want(i); y != w {
						t.Fatalf("%d products, %d columns: number %d of %s is %v, want %v", count, columns, i, what, y, w)
					}
				}
			}
			made := func(i int) float64 {
				if i < count*line {
					return want[i]
				}
				return guard
			}

			stride := count + r.IntN(3)
			mu, sums := integers[float64](r, columns*stride), guarded[float64](columns*line+m.Lanes)
			copy(products, first)
			m.Add(sums, products, x, how, mu, count, stride, columns)
			same("products", products, made)
			same("sums", sums, func(i int) float64 {
				sum, c := float64(guard), i/line
				for p := 0; p < count && c < columns; p++ {
					sum += want[p*line+i%line] * mu[c*stride+p]
				}
				return sum
			})

			values, collected := integers[float64](r, columns*line), guarded[float64](count*columns*m.Lanes+m.Lanes)
			for i := line; i < count*line; i++ {
				products[i] = guard
			}
			m.Collect(collected, products, x, how, values, count, columns)
			same("products", products, made)
			same("collected", collected, func(i int) float64 {
				sum, p, c := float64(guard), i/m.Lanes/columns, i/m.Lanes%columns
				for l := i % m.Lanes; p < count && l < line; l += m.Lanes {
					sum += want[p*line+l] * values[c*line+l]
				}
				return sum
			})
		}
	}
}

func TestMomentsMisuse(t *testing.T) { everyMoments(t, momentsMisuse) }

func momentsMisuse(t *testing.T, m *Moments) {
	line := 2 * m.Lanes
	x := Aligned[float64](4 * line)
	how := m.Steps([]Step{{0, 1}, {1, 0}})
	call := func(sums, products, variables, mu, count, stride, columns int) func() {
		return func() {
			m.Add(x[:sums*line], x[:products*line], x[:variables*line], how, x[:mu], count, stride, columns)
		}
	}
	collect := func(collected, products, variables, values, count, columns int) func() {
		return func() {
			m.Collect(x[:collected*m.Lanes], x[:products*line], x[:variables*line], how, x[:values*line], count, columns)
		}
	}
	call(1, 3, 2, 3, 3, 3, 1)()
	collect(3, 3, 2, 1, 3, 1)()
	other := &Moments{Lanes: 2 * m.Lanes}
	for what, misuse := range map[string]func(){
		"a later product":     func() { m.Steps([]Step{{1, 0}}) },
		"a negative product":  func() { m.Steps([]Step{{-1, 0}}) },
		"a negative variable": func() { m.Steps([]Step{{0, -1}}) },
		"others' steps":       func() { m.Add(x, x, x, other.Steps(nil), x, 1, 1, 1) },
		"no product":          call(1, 3, 2, 3, 0, 3, 1),
		"no step":             call(1, 4, 2, 4, 4, 4, 1),
		"no column":           call(1, 3, 2, 3, 3, 3, 0),
		"short sums":          call(1, 3, 2, 6, 3, 3, 2),
		"short products":      call(1, 2, 2, 3, 3, 3, 1),
		"a variable less":     call(1, 3, 1, 3, 3, 3, 1),
		"short moments":       call(2, 3, 2, 5, 3, 3, 2),
		"overlapping columns": call(2, 3, 2, 6, 3, 2, 2),
		"short values":        collect(3, 3, 2, 1, 3, 2),
		"little collected":    collect(2, 3, 2, 1, 3, 1),
	} {
		t.Run(what, func(t *testing.T) {
			defer func() {
				if text := fmt.Sprint(recover()); len(text) < 5 || text[:5] != "simd:" {
					t.Errorf("it did not panic with a named reason: %s", text)
				}
			}()
			misuse()
		})
	}
}

// BenchmarkMoments times both loops in the first-level cache, of 153 products and three columns, in ns a point and
// product.
func BenchmarkMoments(b *testing.B) {
	for _, isa := range Supported() {
		if m := MomentsOf(isa); m != nil {
			benchmarkMoments(b, isa.String(), m)
		}
	}
}

func benchmarkMoments(b *testing.B, name string, m *Moments) {
	const count, columns = 153, 3
	line := 2 * m.Lanes
	steps := make([]Step, count-1)
	for i := range steps {
		steps[i] = Step{Of: int32(max(0, i-16)), By: int32(i % 2)}
	}
	how := m.Steps(steps)
	x, products := Aligned[float64](2*line), Aligned[float64](count*line)
	mu, sums := Aligned[float64](count*columns), Aligned[float64](columns*line)
	values, collected := Aligned[float64](columns*line), Aligned[float64](count*columns*m.Lanes)
	run := func(what string, loop func()) {
		b.Run(name+"/"+what, func(b *testing.B) {
			for b.Loop() {
				loop()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count*line), "ns/product")
		})
	}
	run("moments", func() { m.Add(sums, products, x, how, mu, count, count, columns) })
	run("collect", func() { m.Collect(collected, products, x, how, values, count, columns) })
}
