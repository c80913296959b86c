package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPowersQuick(t *testing.T) {
	for _, isa := range Supported() {
		quick(t, isa, Attention64(isa))
		quick(t, isa, Attention32(isa))
	}
}

func quick[F Float](t *testing.T, isa ISA, a *Attention[F]) {
	if a == nil {
		return
	}
	r := rand.New(rand.NewPCG(1, 2))
	tile := Aligned[F](a.Rows * Stride)
	sums := Aligned[F](a.Rows * a.Lanes)
	worst := 0.0
	for range 3000 {
		y := make([]F, len(tile))
		for i := range tile {
			tile[i] = F(r.Float64()*50 - 40)
			y[i] = tile[i]
		}
		clear(sums)
		a.Powers(tile, sums, MaxKeys)
		for i := range a.Rows {
			for j := range MaxKeys {
				want := math.Exp2(float64(y[i*Stride+j]))
				worst = max(worst, math.Abs(float64(tile[i*Stride+j])-want)/want)
			}
		}
	}
	t.Logf("%v %v: worst %.3g = %.2f u, bound %.3g", isa, a, worst, worst/unit[F](), a.ExpError)
	if worst > a.ExpError+0x1p-53 {
		t.Errorf("beyond")
	}
}

func BenchmarkLoops(b *testing.B) {
	for _, isa := range Supported() {
		loops(b, isa.String()+"/64", Attention64(isa))
		loops(b, isa.String()+"/32", Attention32(isa))
	}
}

func loops[F Float](b *testing.B, name string, a *Attention[F]) {
	if a == nil {
		return
	}
	tile := Aligned[F](a.Rows * Stride)
	sums := Aligned[F](a.Rows * a.Lanes)
	shift := Aligned[F](a.Rows)
	for _, d := range []int{64, 16, 2} {
		q := Aligned[F](d * a.Rows)
		k := Aligned[F](d * MaxKeys)
		v := Aligned[F](d * MaxKeys * a.Lanes)
		out := Aligned[F](a.Rows * a.Columns(d))
		pairs := float64(a.Rows * MaxKeys)
		run := func(what string, f func()) {
			b.Run(name+"/"+what, func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/pairs, "ns/pair")
			})
		}
		ds := map[int]string{64: "d=64", 16: "d=16", 2: "d=2"}[d]
		run("scores/"+ds, func() { a.Scores(tile, q, k, d, MaxKeys/2/a.Lanes) })
		run("values/"+ds, func() { a.Values(out, tile, v, 0, MaxKeys, MaxKeys, d) })
		if d == 2 {
			run("powers", func() { clear(tile); a.Powers(tile, sums, MaxKeys) })
			run("exponentials", func() { clear(tile); a.Exponentials(tile, sums, shift, MaxKeys) })
			run("largest", func() { a.Largest(tile, sums, MaxKeys) })
		}
	}
}
