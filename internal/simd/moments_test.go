package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestMoments(t *testing.T) { every(t, moments[float64], moments[float32]) }

// moments: products as steps say, and both sums, are those of three loops in Go, for any steps; numbers are small
// and whole, so that they are exact.
func moments[F Float](t *testing.T, a *Attention[F]) {
	r := rand.New(rand.NewPCG(11, 12))
	line := 2 * a.Lanes
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
			how := a.Steps(steps)
			x := Aligned[F](variables * line)
			for i := range x {
				x[i] = F(r.IntN(4) - 1)
			}
			first := integers[F](r, line)
			want := make([]F, count*line)
			copy(want, first)
			for i, s := range steps {
				for j := range line {
					want[(i+1)*line+j] = want[int(s.Of)*line+j] * x[int(s.By)*line+j]
				}
			}
			products := guarded[F](count*line + a.Lanes)
			same := func(what string, got []F, want func(i int) F) {
				t.Helper()
				for i, y := range got {
					if w := want(i); y != w {
						t.Fatalf("%d products, %d columns: number %d of %s is %v, want %v", count, columns, i, what, y, w)
					}
				}
			}
			made := func(i int) F {
				if i < count*line {
					return want[i]
				}
				return guard
			}

			stride := count + r.IntN(3)
			mu, sums := integers[F](r, columns*stride), guarded[F](columns*line+a.Lanes)
			copy(products, first)
			a.Moments(sums, products, x, how, mu, count, stride, columns)
			same("products", products, made)
			same("sums", sums, func(i int) F {
				sum, c := F(guard), i/line
				for p := 0; p < count && c < columns; p++ {
					sum += want[p*line+i%line] * mu[c*stride+p]
				}
				return sum
			})

			values, collected := integers[F](r, columns*line), guarded[F](count*columns*a.Lanes+a.Lanes)
			for i := line; i < count*line; i++ {
				products[i] = guard
			}
			a.Collect(collected, products, x, how, values, count, columns)
			same("products", products, made)
			same("collected", collected, func(i int) F {
				sum, p, c := F(guard), i/a.Lanes/columns, i/a.Lanes%columns
				for l := i % a.Lanes; p < count && l < line; l += a.Lanes {
					sum += want[p*line+l] * values[c*line+l]
				}
				return sum
			})
		}
	}
}

func TestMomentsMisuse(t *testing.T) { every(t, momentsMisuse[float64], momentsMisuse[float32]) }

func momentsMisuse[F Float](t *testing.T, a *Attention[F]) {
	line := 2 * a.Lanes
	x := Aligned[F](4 * line)
	how := a.Steps([]Step{{0, 1}, {1, 0}})
	call := func(sums, products, variables, mu, count, stride, columns int) func() {
		return func() {
			a.Moments(x[:sums*line], x[:products*line], x[:variables*line], how, x[:mu], count, stride, columns)
		}
	}
	collect := func(collected, products, variables, values, count, columns int) func() {
		return func() {
			a.Collect(x[:collected*a.Lanes], x[:products*line], x[:variables*line], how, x[:values*line], count, columns)
		}
	}
	call(1, 3, 2, 3, 3, 3, 1)()
	collect(3, 3, 2, 1, 3, 1)()
	other := &Attention[F]{Lanes: 2 * a.Lanes}
	for what, misuse := range map[string]func(){
		"a later product":     func() { a.Steps([]Step{{1, 0}}) },
		"a negative product":  func() { a.Steps([]Step{{-1, 0}}) },
		"a negative variable": func() { a.Steps([]Step{{0, -1}}) },
		"others' steps":       func() { a.Moments(x, x, x, other.Steps(nil), x, 1, 1, 1) },
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
		if a := Attention64(isa); a != nil {
			benchmarkMoments(b, isa.String(), a)
		}
	}
}

func benchmarkMoments(b *testing.B, name string, a *Attention[float64]) {
	const count, columns = 153, 3
	line := 2 * a.Lanes
	steps := make([]Step, count-1)
	for i := range steps {
		steps[i] = Step{Of: int32(max(0, i-16)), By: int32(i % 2)}
	}
	how := a.Steps(steps)
	x, products := Aligned[float64](2*line), Aligned[float64](count*line)
	mu, sums := Aligned[float64](count*columns), Aligned[float64](columns*line)
	values, collected := Aligned[float64](columns*line), Aligned[float64](count*columns*a.Lanes)
	run := func(what string, loop func()) {
		b.Run(name+"/"+what, func(b *testing.B) {
			for b.Loop() {
				loop()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count*line), "ns/product")
		})
	}
	run("moments", func() { a.Moments(sums, products, x, how, mu, count, count, columns) })
	run("collect", func() { a.Collect(collected, products, x, how, values, count, columns) })
}
