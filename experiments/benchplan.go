package experiments

// What Bench measures, and against which limits.

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/simd"
	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

// benchSizes are the sizes of a run.
type benchSizes struct {
	attention   int // n
	cached      int // n of the scan where all data stay in the second-level cache
	large       int // n of the scan where they do not
	zeta        int // d of the zeta transform
	zetaVectors int // n of it
	variables   int // of split and list
	clauses     int
	readBytes   int
}

var (
	fullBench = benchSizes{
		attention: 4096, cached: 1 << 13, large: 1 << 15,
		zeta: 20, zetaVectors: 1 << 15, variables: 40, clauses: 128, readBytes: 128 << 20,
	}
	quickBench = benchSizes{
		attention: 1024, cached: 1 << 11, large: 1 << 13,
		zeta: 16, zetaVectors: 1 << 12, variables: 28, clauses: 128, readBytes: 128 << 20,
	}
)

// BenchBytes estimates the memory of Bench: the buffer that is read, the lists of split and list and less than
// 48 MiB for all else, and as much again that waits to be collected.
func BenchBytes(quick bool) int64 {
	s := fullBench
	if quick {
		s = quickBench
	}
	return 2 * (int64(s.readBytes) + 2*ovp.VectorsBytes(1<<(s.variables/2), s.clauses) + 48<<20)
}

// The names of kernels.
const (
	benchAttention  = "attention"
	benchTripleLoop = "attention triple loop"
	benchCount      = "ov count"
	benchDecide     = "ov decide"
	benchHistogram  = "ov histogram"
	benchZeta       = "zeta count"
	benchSplit      = "split and list"
)

// What fractions are of.
const (
	ofArithmetic   = "multiply-adds, then exponentials"
	ofExponentials = "exponentials"
	ofTestAndCount = "test and count"
	ofRead         = "memory read"
)

// benchPlan is the groups in the order of a round, and what is compared.
type benchPlan struct {
	env    finegrain.Env
	isa    simd.ISA
	sizes  benchSizes
	drawn  map[int]attention.Instance // by d; kernels do not write to them
	groups []*benchGroup
	ratios []benchRatio
}

func newBenchPlan(env finegrain.Env, isa simd.ISA, sizes benchSizes) (*benchPlan, error) {
	p := &benchPlan{env: env, isa: isa, sizes: sizes, drawn: map[int]attention.Instance{}}
	cores := slices.Compact([]int{1, env.Workers()})
	for _, c := range cores {
		for _, t := range []attentionType{float64Attention, float32Attention} {
			chosen := p.attention(isa, t, c, []int{64, 16, 2}, true)
			if c == 1 {
				p.opponents(t, chosen[:2])
			}
		}
	}
	for _, d := range []int{64, 128, 256} {
		cached, err := p.scanInstance(sizes.cached, d)
		if err != nil {
			return nil, err
		}
		large, err := p.scanInstance(sizes.large, d)
		if err != nil {
			return nil, err
		}
		for _, c := range cores {
			p.scan(cached, large, c)
		}
	}
	buffer := make([]uint64, sizes.readBytes/8)
	for i := range buffer {
		buffer[i] = uint64(i) // touched, or it would be one page of zeros
	}
	for _, c := range cores {
		if err := p.memory(buffer, c); err != nil {
			return nil, err
		}
	}
	return p, env.Err()
}

// add appends a kernel to a group; work is in units of the group's limits, and says nothing where there are
// none.
func (g *benchGroup) add(s Subject, of string, run func(finegrain.Env) error, work ...float64) *benchKernel {
	s.Cores = g.cores
	k := &benchKernel{row: KernelRow{Subject: s}, run: run}
	if len(g.limits) > 0 && of != "" {
		k.row.Limit, k.work = of, work
	}
	g.kernels = append(g.kernels, k)
	return k
}

func (p *benchPlan) group(cores int, limits ...*benchLimit) *benchGroup {
	g := &benchGroup{cores: cores}
	for _, l := range limits {
		if l != nil {
			l.row.Cores = cores
			g.limits = append(g.limits, l)
		}
	}
	p.groups = append(p.groups, g)
	return g
}

// attentionType is a floating-point type that attention is computed in.
type attentionType struct {
	name         string
	method       func(simd.ISA) attention.Method
	multiplyAdd  func(simd.ISA, int) int64
	exponentials func(simd.ISA, int) int64
}

var (
	float64Attention = attentionType{"float64", attention.StreamingIn, simd.MultiplyAdd64, simd.ExponentialRate64}
	float32Attention = attentionType{"float32", attention.Streaming32In, simd.MultiplyAdd32, simd.ExponentialRate32}
)

// attention adds a group of attention at these dimensions, and returns its kernels that are not causal.
//
// The necessary work of a pair of query and key is d multiply-adds for its score, dv for the values, and an
// exponential; causal, n(n+1)/2 pairs remain. At d = 2 the exponential is nearly all, and the fraction is of
// that alone.
func (p *benchPlan) attention(isa simd.ISA, t attentionType, cores int, dims []int, causal bool) []*benchKernel {
	g := p.group(cores, multiplyAddLimit(isa, t, cores), exponentialLimit(isa, t, cores))
	method, n := t.method(isa), p.sizes.attention
	masks := []bool{false}
	if causal {
		masks = append(masks, true)
	}
	var full []*benchKernel
	for _, d := range dims {
		in := p.attentionInstance(d)
		for _, c := range masks {
			in := in
			in.Causal = c
			pairs := float64(n) * float64(n)
			if c {
				pairs = float64(n) * float64(n+1) / 2
			}
			of, flops := ofArithmetic, 4*float64(d)*pairs
			if d <= 2 {
				of, flops = ofExponentials, 0
			}
			s := Subject{Name: benchAttention, ISA: isa, Type: t.name, N: n, D: d, DV: d, Causal: c}
			k := g.add(s, of, func(env finegrain.Env) error {
				_, cost, err := method.Run(env, in)
				if done := cost[finegrain.Exponentials]; err == nil && float64(done) != pairs {
					err = fmt.Errorf("%d exponentials were counted, and %.0f are held to be necessary", done, pairs)
				}
				return err
			}, flops, pairs)
			if !c {
				full = append(full, k)
			}
		}
	}
	return full
}

// opponents adds what the chosen kernels, one for each of two dimensions on one core, are compared with:
// narrower instructions and, in float64, plain Go and the triple loop. They follow the chosen ones immediately.
func (p *benchPlan) opponents(t attentionType, chosen []*benchKernel) {
	dims := []int{chosen[0].row.D, chosen[1].row.D}
	if p.isa == simd.AVX512 {
		for i, k := range p.attention(simd.AVX2, t, 1, dims, false) {
			p.ratios = append(p.ratios, benchRatio{"AVX2 over AVX-512", k, chosen[i]})
		}
	}
	if t.name != float64Attention.name {
		return
	}
	plain := chosen
	if p.isa != simd.Go {
		plain = p.attention(simd.Go, t, 1, dims, false)
	}
	g := p.group(1)
	for i, d := range dims {
		n := p.sizes.attention
		in := p.attentionInstance(d)
		q, k, v := in.Q.RawMatrix().Data, in.K.RawMatrix().Data, in.V.RawMatrix().Data
		out := make([]float64, n*d)
		s := Subject{Name: benchTripleLoop, ISA: simd.Go, Type: t.name, N: n, D: d, DV: d}
		loop := g.add(s, "", func(env finegrain.Env) error {
			const rows = 32 // between two looks at env
			for from := 0; from < n && env.Err() == nil; from += rows {
				to := min(from+rows, n)
				attention.TripleLoop(out[from*d:to*d], q[from*d:to*d], k, v, to-from, n, d, d, in.Scale)
			}
			return env.Err()
		})
		p.ratios = append(p.ratios, benchRatio{"triple loop over plain Go", loop, plain[i]})
	}
}

// attentionInstance has entries drawn uniformly from [−1, 1), and the scale 1/d. It is one for every kernel.
func (p *benchPlan) attentionInstance(d int) attention.Instance {
	if in, drawn := p.drawn[d]; drawn {
		return in
	}
	n := p.sizes.attention
	r := p.env.Rand(fmt.Sprintf("bench attention %d %d", n, d))
	matrix := func() *mat.Dense {
		data := make([]float64, n*d)
		for i := range data {
			data[i] = 2*r.Float64() - 1
		}
		return mat.NewDense(n, d, data)
	}
	in := attention.Instance{Q: matrix(), K: matrix(), V: matrix(), Scale: 1 / float64(d)}
	p.drawn[d] = in
	return in
}

// scanInstance has no orthogonal pair, and that shows only in the last word of each: nothing can be left out, and
// deciding is as much work as counting.
func (p *benchPlan) scanInstance(n, d int) (ovp.Instance, error) {
	return ovp.Adversarial(p.env.Sub(fmt.Sprintf("bench %d", n)), n, n, d, false)
}

// scan adds a group of the pairwise scan in one dimension. The histogram does more for a pair than the limit's
// test and count, and has none.
func (p *benchPlan) scan(cached, large ovp.Instance, cores int) {
	d := cached.D()
	g := p.group(cores, testAndCountLimit(p.isa, d/64, cores))
	scan := ovp.ScanIn(p.isa)
	count := func(in ovp.Instance) func(finegrain.Env) error {
		return func(env finegrain.Env) error {
			count, _, err := scan.Count(env, in)
			if err == nil && count.Sign() != 0 {
				err = fmt.Errorf("counted %v orthogonal pairs where there are none", count)
			}
			return err
		}
	}
	subject := func(name string, in ovp.Instance) (Subject, float64) {
		n := in.A.N()
		return Subject{Name: name, ISA: p.isa, N: n, D: d}, float64(n) * float64(n)
	}
	s, pairs := subject(benchCount, cached)
	counting := g.add(s, ofTestAndCount, count(cached), pairs)
	s, _ = subject(benchDecide, cached)
	deciding := g.add(s, ofTestAndCount, func(env finegrain.Env) error {
		found, _, err := scan.Find(env, cached)
		if err == nil && found.Any {
			err = fmt.Errorf("found the orthogonal pair %v where there is none", found.Pair)
		}
		return err
	}, pairs)
	p.ratios = append(p.ratios, benchRatio{"counting over deciding", counting, deciding})
	s, pairs = subject(benchCount, large)
	g.add(s, ofTestAndCount, count(large), pairs)
	s, _ = subject(benchHistogram, cached)
	g.add(s, "", func(env finegrain.Env) error {
		_, _, err := scan.Histogram(env, cached)
		return err
	})
}

// memory adds the group of what is bound by memory. The zeta transform must read both lists, and write and
// read its table of 2^d numbers of 4 bytes once; split and list, which is in plain Go whatever the others are,
// must write its lists. A byte written is taken to cost what a byte read does, which is too little.
func (p *benchPlan) memory(buffer []uint64, cores int) error {
	g := p.group(cores, readLimit(p.isa, buffer))
	r := p.env.Rand("bench memory")
	s, zeta := p.sizes, ovp.ZetaIn(p.isa)
	in, err := ovp.Random(p.env.Sub("bench zeta"), s.zetaVectors, s.zetaVectors, s.zeta, 0.5)
	if err != nil {
		return err
	}
	g.add(Subject{Name: benchZeta, ISA: p.isa, N: s.zetaVectors, D: s.zeta}, ofRead,
		func(env finegrain.Env) error {
			_, _, err := zeta.Count(env, in)
			return err
		}, 2*4*float64(int(1)<<s.zeta)+2*8*float64(s.zetaVectors))
	f, err := acrossHalves(r, s.variables, s.clauses)
	if err != nil {
		return err
	}
	g.add(Subject{Name: benchSplit, ISA: simd.Go, N: s.variables, D: s.clauses}, ofRead,
		func(env finegrain.Env) error {
			_, err := reductions.SplitAndList(env, f)
			return err
		}, 2*float64(ovp.VectorsBytes(1<<(s.variables/2), s.clauses)))
	return nil
}

// acrossHalves draws a formula with so many clauses of three literals, none of them within one half of the
// variables, so that no half-assignment is left out.
func acrossHalves(r *rand.Rand, variables, clauses int) (sat.Formula, error) {
	f := sat.Formula{Variables: variables}
	first := func(l sat.Literal) bool { return l.Variable() <= variables/2 }
	for len(f.Clauses) < clauses {
		drawn, err := sat.UniformReplacement(r, variables, clauses, 3)
		if err != nil {
			return f, err
		}
		for _, c := range drawn.Clauses {
			if len(f.Clauses) < clauses && slices.ContainsFunc(c, func(l sat.Literal) bool { return first(l) != first(c[0]) }) {
				f.Clauses = append(f.Clauses, c)
			}
		}
	}
	return f, nil
}
