package tree

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"finegrain/algorithms/attention"
	"finegrain/internal/monomials"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
)

// BenchmarkPrices measures what price.go says, in nanoseconds of the unit that it names, beside the price.
// Groups and keys are such that all is near, or all expanded.
func BenchmarkPrices(b *testing.B) {
	isa, err := simd.Chosen()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range []int{1, 2, 3} {
		in := attention.Instance{
			Q: attention.Uniform(r, mostRows, d, 1), K: attention.Uniform(r, 1<<13, d, 1),
			V: attention.Uniform(r, 1<<13, d, 1), Scale: 1, Epsilon: 1e-9,
		}
		group := func(b *testing.B) *group {
			w := &work{
				method: standard, in: in, regime: in.Regime(), spread: 2, goal: 1e-9, target: 1e-9, loops: loopsOf(isa),
			}
			if err := w.build(testEnv()); err != nil {
				b.Fatal(err)
			}
			w.moments.grade(degree(d))
			g := newGroup(w.moments, w.limits, w.queries)
			g.take(0, mostRows)
			return g
		}
		report := func(b *testing.B, units, price float64) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/units, "ns/unit")
			b.ReportMetric(price, "price")
		}
		b.Run(fmt.Sprintf("pair/d=%d", d), func(b *testing.B) {
			g := group(b)
			g.idle = make([]bool, len(g.nodes))
			for v := range g.idle {
				g.idle[v] = true
			}
			g.walk()
			for b.Loop() {
				g.sum()
			}
			report(b, mostRows*float64(len(g.order)), g.price.direct(d, g.columns)+g.price.pack*float64(d)/mostRows)
		})
		b.Run(fmt.Sprintf("expansion/d=%d", d), func(b *testing.B) {
			g := group(b)
			g.walk()
			if len(g.far) == 0 {
				b.Fatal("nothing is expanded")
			}
			price := float64(-len(g.far)%g.loop.panel+g.loop.panel) * g.price.direct(d, 0) // centres that a panel lacks
			for _, e := range g.far {
				price += g.price.expand(g.basis.Rank(e.degree), g.columns)
			}
			g.near = g.near[:0]
			g.sum() // moments are made
			for b.Loop() {
				g.sum()
			}
			report(b, mostRows*price, 1)
		})
		b.Run(fmt.Sprintf("visit/d=%d", d), func(b *testing.B) {
			g := group(b)
			for v := range g.half {
				g.mid[v%d] = 1000
			}
			for b.Loop() {
				for v := range g.nodes {
					g.look(int32(v))
				}
			}
			report(b, float64(len(g.nodes)), g.price.visit)
		})
		b.Run(fmt.Sprintf("moment/d=%d", d), func(b *testing.B) {
			g := group(b)
			mu := make([]float64, g.stride*g.columns)
			for b.Loop() {
				clear(mu)
				g.moments.add(mu, 0)
			}
			report(b, float64(len(g.order)*g.columns)*float64(monomials.Rank(d, g.basis.Degree)), g.price.moment)
		})
		b.Run(fmt.Sprintf("term/d=%d", d), func(b *testing.B) {
			g := group(b)
			g.moments.near = 0
			if !g.formOf(0).moved {
				b.Fatal("no moments are moved")
			}
			child := g.nodes[0].left
			mu := append([]float64(nil), g.at(child)...)
			for b.Loop() {
				g.move(mu, child, 0)
				copy(mu, g.at(child))
			}
			report(b, terms(d, g.basis.Degree)*float64(g.rank*g.columns), g.price.term)
		})
		b.Run(fmt.Sprintf("streaming/d=%d", d), func(b *testing.B) {
			env := testEnv()
			env.Cores = 1
			part := in
			part.Q = mat.NewDense(1<<12, d, nil)
			for b.Loop() {
				if _, _, err := attention.Streaming.Run(env, part); err != nil {
					b.Fatal(err)
				}
			}
			report(b, 1<<12*1<<13, pricesOf(loopsOf(isa)).streamed(d, d))
		})
	}
}
