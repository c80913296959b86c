package experiments

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/tree"
	"finegrain/measure"
)

// methodCounts are what attention methods count.
var methodCounts = []measure.Yield{
	{Name: "inner_products", Doc: "of a query with a key"},
	{Name: "multiply_adds", Doc: "of scores and of values"},
	{Name: "exponentials", Doc: "of scores"},
	{Name: "bytes", Doc: "working memory"},
	{Name: "refined_rows", Doc: "rows that streaming computes again in double-double"},
	{Name: "refined_inner_products", Doc: "of these rows"},
	{Name: "features", Doc: "products that polynomial makes monomials of"},
	{Name: "block_sums", Doc: "additions of sums over blocks, by polynomial"},
	{Name: "visits", Doc: "nodes that queries of tree looked at, by groups"},
	{Name: "expansions", Doc: "of them, evaluated by moments"},
	{Name: "splits", Doc: "groups of queries that tree split"},
	{Name: "lone_rows", Doc: "rows that tree computed by themselves, as their scores took more than float64"},
	{Name: "double_inner_products", Doc: "of keys, in double-double, for these rows"},
	{Name: "handed_rows", Doc: "rows that tree handed over to streaming"},
	{Name: "reduction_multiply_adds", Doc: "of tree, in double-double, to find fewer coordinates where Q or K has low rank"},
}

// AttentionSubject measures the attention algorithms of the catalogue on generated instances. Counts are those that
// the algorithm makes. Values: bound, the error that it guarantees after its work; observed, the error that it made,
// against arbitrary precision on sampled rows, outside the measured time; max_v, the largest absolute entry of V, to
// which errors are relative.
var AttentionSubject = declareSubject(measure.Subject{
	Name: "attention",
	Doc:  "an attention algorithm on generated queries, keys and values",
	Parameters: []measure.Parameter{
		oneOf("algorithm", "attention algorithm", attention.Streaming.Name, attentionNames()),
		oneOf("data", "kind of instance, as generate attention makes it", attention.BoundedEntries.Name, attentionData()),
		wholeFrom("n", "queries", 1, 1<<30),
		preset(wholeFrom("m", "keys; 0: n", 0, 1<<30), int64(0)),
		preset(wholeFrom("d", "head dimension", 1, 1<<16), int64(16)),
		preset(wholeFrom("dv", "columns of V; 0: d", 0, 1<<16), int64(0)),
		preset(numberFrom("B", "largest absolute entry of Q and K; 0: the kind's own", 0, 1e150), 0.0),
		preset(numberFrom("scale", "factor of the scores; 0: the kind's own", 0, 1e150), 0.0),
		oneOf("tree", "of the algorithm tree; another than the default is used whatever it takes", chosenTree,
			append([]string{chosenTree}, tree.Builders...)),
		oneOf("keys", "how any-temperature data spread their keys", keySpreads[0], keySpreads),
		preset(numberFrom("noise", "of adversarial and of low-rank data, over B; 0: the kind's own", 0, 1), 0.0),
		preset(wholeFrom("rank", "of the keys of low-rank data; 0: the kind's own", 0, 64), int64(0)),
		{Name: "causal", Doc: "query i sees the keys up to i alone", Default: false},
		preset(numberFrom("epsilon", "error asked; 0: as good as it gets", 0, 1e150), 0.0),
		coresParameter,
		{Name: "observe", Doc: "measure, after each trial, the error made on sampled rows, at arbitrary precision", Default: true},
	},
	Yields: slices.Concat(methodCounts, []measure.Yield{
		{Name: "bound", Doc: "error that the algorithm guarantees after its work"},
		{Name: "observed", Doc: "error that it made, on sampled rows"},
		{Name: "observed_rows", Doc: "how many rows were sampled"},
		{Name: "max_v", Doc: "largest absolute entry of V"},
		{Name: "degree", Doc: "of the polynomial that polynomial chose"},
		{Name: "rank", Doc: "of its low-rank weights, C(d+degree, degree)"},
		{Name: "scores", Doc: "bound on absolute scores that it found"},
		{Name: "head_rank", Doc: "coordinates that remain where tree finds Q or K of low rank"},
	}),
	Accepts: func(c measure.Cell) error {
		if name := c.Word("tree"); name != chosenTree {
			if c.Word("algorithm") != tree.Tree.Name {
				return fmt.Errorf("%s keeps its keys in no tree; leave tree out", c.Word("algorithm"))
			}
			if err := tree.Takes(name, cmp.Or(c.Int("m"), c.Int("n")), c.Int("d")); err != nil {
				return err
			}
		}
		_, _, err := drawnBy(c).generator()
		return err
	},
	Work: func(c measure.Cell) float64 { return attentionWork(attentionMethod(c).Guarantee, attentionRegime(c)) },
	Bytes: func(c measure.Cell) float64 {
		method, r := attentionMethod(c), attentionRegime(c)
		n, m := float64(r.Queries), float64(r.Keys)
		instance := 8 * (n*float64(r.Dim) + m*float64(r.Dim+r.ValueDim))
		outputs := 2 * 8 * n * float64(r.ValueDim) // the one to keep and the one at work
		return instance + outputs + float64(method.Guarantee.Bytes(r))
	},
	Prepare: prepareAttention,
})

// mustAttention is the algorithm of a cell, whose name was checked.
func mustAttention(c measure.Cell) attention.Method {
	m, err := algorithms.AttentionNamed(c.Word("algorithm"))
	if err != nil {
		panic("experiments: " + err.Error())
	}
	return m
}

// attentionMethod is the algorithm of a cell of the attention subject, with its tree.
func attentionMethod(c measure.Cell) attention.Method {
	if name := c.Word("tree"); name != chosenTree {
		return tree.With(name)
	}
	return mustAttention(c)
}

// attentionWork is the work of a method in multiply-adds, about: an exponential is some of them. A method that says
// nothing of its own computes every visible pair, in floats where integers overflow.
func attentionWork(g attention.Guarantee, r attention.Regime) float64 {
	const exponential = 8
	if g.About == nil {
		return float64(r.Pairs()) * float64(r.Dim+r.ValueDim+exponential)
	}
	work := 1.0 // where it refuses
	for kind, count := range g.About(r) {
		switch kind {
		case finegrain.Bytes:
		case finegrain.Exponentials:
			work += exponential * float64(count)
		default:
			work += float64(count)
		}
	}
	return work
}

func attentionNames() (names []string) {
	for _, m := range algorithms.Attention() {
		names = append(names, m.Name)
	}
	return names
}

func attentionData() (names []string) {
	for _, g := range attention.Generators {
		names = append(names, g.Name)
	}
	return names
}

// keySpreads names the choices of how attention.AnyTemperature spreads keys.
var keySpreads = []string{"uniform", "sphere", "clusters"}

// drawn is what an instance is generated by; zeros leave a number to the kind.
type drawn struct {
	data, keys        string
	n, m, d, dv, rank int
	b, noise          float64
}

// drawnBy reads a cell of a subject about attention.
func drawnBy(c measure.Cell) drawn {
	return drawn{
		data: c.Word("data"), keys: c.Word("keys"), b: c.Float("B"), noise: c.Float("noise"),
		n: c.Int("n"), m: c.Int("m"), d: c.Int("d"), dv: c.Int("dv"), rank: c.Int("rank"),
	}
}

// generator is the generator with what it is told; the error says what does not go together.
func (x drawn) generator() (attention.Generator, map[string]float64, error) {
	at := slices.IndexFunc(attention.Generators, func(g attention.Generator) bool { return g.Name == x.data })
	g := attention.Generators[at]
	values := map[string]float64{"n": float64(x.n), "dv": float64(cmp.Or(x.dv, x.d))}
	has := func(name string) bool {
		return slices.ContainsFunc(g.Parameters, func(p attention.Parameter) bool { return p.Name == name })
	}
	if x.b > 0 {
		values["B"] = x.b
	}
	for _, given := range []struct {
		name  string
		value float64
	}{{"keys", float64(slices.Index(keySpreads, x.keys))}, {"noise", x.noise}, {"rank", float64(x.rank)}} {
		switch {
		case given.value <= 0:
		case !has(given.name):
			return g, nil, fmt.Errorf("%s data have no %s to choose; leave it out", g.Name, given.name)
		default:
			values[given.name] = given.value
		}
	}
	switch {
	case has("m"):
		values["m"] = float64(x.m)
	case x.m > 0 && x.m != x.n:
		return g, nil, fmt.Errorf("%s has as many keys as queries; leave m out", g.Name)
	}
	switch {
	case has("d"):
		values["d"] = float64(x.d)
	case has("frequencies") && x.d%2 == 0:
		values["frequencies"] = float64(x.d) / 2
	default:
		return g, nil, fmt.Errorf("%s has a pair of coordinates for each frequency; d must be even", g.Name)
	}
	if has("segments") {
		values["segments"] = min(4, float64(x.n))
	}
	_, err := g.Bytes(values)
	return g, values, err
}

// attentionRegime is the regime of a cell as far as it is known before there is an instance. The kind's own B and
// scale and whether it is causal are read off the smallest instance of its dimension.
func attentionRegime(c measure.Cell) attention.Regime {
	g, values, err := drawnBy(c).generator()
	if err != nil {
		panic("experiments: " + err.Error()) // the cell was accepted
	}
	smallest := maps.Clone(values)
	for _, p := range g.Parameters {
		if _, given := smallest[p.Name]; p.Name == "B" && !given {
			smallest[p.Name] = p.Default
		}
		if p.Name == "n" || p.Name == "m" || p.Name == "dv" || p.Name == "segments" {
			smallest[p.Name] = 1
		}
	}
	own, err := g.Generate(rand.New(rand.NewPCG(0, 0)), smallest)
	if err != nil {
		panic("experiments: " + err.Error())
	}
	r := attention.Regime{
		Queries: c.Int("n"), Keys: c.Int("m"), Dim: c.Int("d"), ValueDim: c.Int("dv"), B: smallest["B"], Scale: own.Scale,
		MaxV: 1, Epsilon: c.Float("epsilon"), Causal: own.Causal || c.Bool("causal"),
	}
	if r.Keys == 0 {
		r.Keys = r.Queries
	}
	if r.ValueDim == 0 {
		r.ValueDim = r.Dim
	}
	if s := c.Float("scale"); s > 0 {
		r.Scale = s
	}
	r.QNorm = r.B * math.Sqrt(float64(r.Dim))
	r.KNorm = r.QNorm
	return r
}

// observedPairs bounds the pairs of query and key of which scores are computed at arbitrary precision to see the error
// made, some microseconds each; there is always one row.
const observedPairs = 1 << 17

func prepareAttention(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
	method := attentionMethod(c)
	g, values, err := drawnBy(c).generator()
	if err != nil {
		return measure.Trial{}, err
	}
	in, err := g.Generate(env.Rand("instance"), values)
	if err != nil {
		return measure.Trial{}, err
	}
	if s := c.Float("scale"); s > 0 {
		in.Scale = s
	}
	in.Causal = in.Causal || c.Bool("causal")
	in.Epsilon = c.Float("epsilon")
	regime := in.Regime()
	hash := newDigest()
	hash.matrix(in.Q)
	hash.matrix(in.K)
	hash.matrix(in.V)
	hash.numbers(in.Scale, in.Epsilon, map[bool]float64{true: 1}[in.Causal])
	var last attention.Output
	trial := measure.Trial{
		Data: hash.text(),
		Run: func(env finegrain.Env) (measure.Outcome, error) {
			out, cost, err := method.Run(onCores(env, c), in)
			if err != nil {
				return measure.Outcome{}, refusal(err)
			}
			last = out
			values := map[string]float64{"bound": out.Bound, "max_v": regime.MaxV}
			maps.Copy(values, out.Chosen)
			return measure.Outcome{Counts: cost, Values: values}, nil
		},
	}
	if c.Bool("observe") {
		trial.Observe = func(env finegrain.Env, out *measure.Outcome) error {
			rows := min(observedRows, max(1, observedPairs/regime.Keys), regime.Queries)
			sample := env.Rand("observed rows").Perm(regime.Queries)[:rows]
			slices.Sort(sample)
			observed, err := attention.ObservedError(env, in, last, sample)
			out.Values["observed"], out.Values["observed_rows"] = observed, float64(rows)
			return err
		}
	}
	return trial, nil
}
