package attention

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

// Generators of attention instances: one for each setting that the papers' algorithms are about, and one
// that is hard for most of them. Each is a declared value with its parameters, their defaults and ranges.

// Parameter is a number that a generator takes. One with Choices takes an index into them.
type Parameter struct {
	Name, Doc            string
	Default, Least, Most float64
	Whole                bool     // integers only
	Choices              []string // names of 0, 1, …
}

// Generator makes instances of one kind. Their ε is 0: what error to ask is up to the user.
type Generator struct {
	Name, Doc  string
	Source     finegrain.Source
	Parameters []Parameter
	generate   func(*rand.Rand, map[string]float64) Instance
	columns    func(map[string]float64) float64 // d; nil: the parameter d
}

// Generators lists the kinds.
var Generators = []Generator{BoundedEntries, KeysAtCorner, AnyTemperature, LowRank, NearlyCollinear, ConvBasis}

// maxEntries bounds the matrices that a generator will make: 16 GiB in all.
const maxEntries = 1 << 31

// Generate draws an instance. Parameters that values does not name take their defaults. Unknown names,
// values out of range and matrices beyond 2^31 entries are errors; nothing is allocated before that check.
func (g Generator) Generate(r *rand.Rand, values map[string]float64) (Instance, error) {
	full, err := g.complete(values)
	if err != nil {
		return Instance{}, err
	}
	return g.generate(r, full), nil
}

// Bytes is the memory that the instance's matrices take.
func (g Generator) Bytes(values map[string]float64) (int64, error) {
	full, err := g.complete(values)
	if err != nil {
		return 0, err
	}
	return int64(8 * g.entries(full)), nil
}

func (g Generator) entries(p map[string]float64) float64 {
	d := p["d"]
	if g.columns != nil {
		d = g.columns(p)
	}
	keys := p["n"]
	if m, ok := p["m"]; ok && m > 0 {
		keys = m
	}
	return p["n"]*d + keys*(d+p["dv"])
}

func (g Generator) complete(values map[string]float64) (map[string]float64, error) {
	full := map[string]float64{}
	var names []string
	for _, p := range g.Parameters {
		full[p.Name] = p.Default
		names = append(names, p.Name)
	}
	for name, v := range values {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, g.errorf("there is no parameter %q; there are %q", name, names)
		}
		p := g.Parameters[i]
		if !(v >= p.Least && v <= p.Most) {
			return nil, g.errorf("%s = %v must lie between %v and %v", name, v, p.Least, p.Most)
		}
		if (p.Whole || p.Choices != nil) && v != math.Trunc(v) {
			return nil, g.errorf("%s = %v must be an integer", name, v)
		}
		full[name] = v
	}
	if e := g.entries(full); e > maxEntries {
		return nil, g.errorf("%.3g matrix entries exceed the limit of %d; lower n, m or d", e, maxEntries)
	}
	if k, n := full["segments"], full["n"]; k > n {
		return nil, g.errorf("segments = %v exceed n = %v", k, n)
	}
	return full, nil
}

func (g Generator) errorf(format string, args ...any) error {
	return fmt.Errorf("attention: generator %s: %s", g.Name, fmt.Sprintf(format, args...))
}

const mostRows = 1 << 30

func wholeParameter(name, doc string, value, least, most float64) Parameter {
	return Parameter{Name: name, Doc: doc, Default: value, Least: least, Most: most, Whole: true}
}

var (
	queriesParameter = wholeParameter("n", "queries", 1024, 1, mostRows)
	keysParameter    = wholeParameter("m", "keys; 0: as many as queries", 0, 0, mostRows)
	valuesParameter  = wholeParameter("dv", "value columns, entries uniform in [−1,1)", 8, 1, 1<<16)
)

func dimParameter(value float64) Parameter {
	return wholeParameter("d", "head dimension", value, 1, 1<<16)
}

func boundParameter(value float64) Parameter {
	return Parameter{Name: "B", Doc: "largest absolute entry of Q and K", Default: value, Least: 0, Most: 1e12}
}

// shape reads n, m, d and dv.
func shape(p map[string]float64) (n, m, d, dv int) {
	n, m, d, dv = int(p["n"]), int(p["m"]), int(p["d"]), int(p["dv"])
	if m == 0 {
		m = n
	}
	return n, m, d, dv
}

// BoundedEntries is the setting of Alman and Song: s = 1/d.
var BoundedEntries = Generator{
	Name:       "bounded",
	Doc:        "entries of Q and K uniform in [−B, B], scale 1/d",
	Source:     finegrain.Source{Paper: finegrain.AlmanSong2023, Provenance: finegrain.Stated},
	Parameters: []Parameter{queriesParameter, keysParameter, dimParameter(8), valuesParameter, boundParameter(1)},
	generate: func(r *rand.Rand, p map[string]float64) Instance {
		n, m, d, dv := shape(p)
		b := p["B"]
		return Instance{Q: Uniform(r, n, d, b), K: Uniform(r, m, d, b), V: Uniform(r, m, dv, 1), Scale: 1 / float64(d)}
	},
}

// AnyTemperature is the setting of Gupta et al.: constant d, any B, s = 1.
var AnyTemperature = Generator{
	Name:   "any-temperature",
	Doc:    "few dimensions, entries up to B whatever B is, scale 1",
	Source: finegrain.Source{Paper: finegrain.Gupta2025, Provenance: finegrain.Stated},
	Parameters: []Parameter{
		queriesParameter, keysParameter, dimParameter(2), valuesParameter, boundParameter(100),
		{
			Name: "keys", Doc: "how the keys are spread", Most: 2,
			Choices: []string{"uniform in the cube", "on the sphere of radius B", "in 16 clusters of radius B/100"},
		},
	},
	generate: func(r *rand.Rand, p map[string]float64) Instance {
		n, m, d, dv := shape(p)
		b := p["B"]
		in := Instance{Q: Uniform(r, n, d, b), K: Uniform(r, m, d, b), V: Uniform(r, m, dv, 1), Scale: 1}
		switch p["keys"] {
		case 1:
			for j := range m {
				row := in.K.RawRowView(j)
				var square float64
				for square == 0 {
					for l := range row {
						row[l] = r.NormFloat64()
						square += row[l] * row[l]
					}
				}
				for l := range row {
					row[l] *= b / math.Sqrt(square)
				}
			}
		case 2:
			centres := Uniform(r, 16, d, 0.99*b)
			for j := range m {
				c := centres.RawRowView(r.IntN(16))
				row := in.K.RawRowView(j)
				for l := range row {
					row[l] = c[l] + row[l]/100
				}
			}
		}
		return in
	},
}

// NearlyCollinear is hard for trees of boxes, which are fat where the keys are thin, and for float64, since
// scores nearly tie: keys on a diagonal but for a little noise, queries nearly across it.
var NearlyCollinear = Generator{
	Name: "adversarial",
	Doc:  "keys nearly on a line, queries nearly orthogonal to it, so that large scores nearly tie; scale 1",
	Source: finegrain.Source{
		Paper: finegrain.Gupta2025, Provenance: finegrain.Derived,
		Argument: "a key x·(1,…,1) + offset + noise has the score offset·q + O(noise·B·d) with every q orthogonal to (1,…,1)",
	},
	Parameters: []Parameter{
		queriesParameter, keysParameter, dimParameter(2), valuesParameter, boundParameter(100),
		{Name: "noise", Doc: "distance of keys from the line, relative to B", Default: 1e-7, Least: 0, Most: 1},
	},
	generate: func(r *rand.Rand, p map[string]float64) Instance {
		n, m, d, dv := shape(p)
		b, noise := p["B"], p["noise"]
		in := Instance{Q: Uniform(r, n, d, b), K: Uniform(r, m, d, b*noise/2), V: Uniform(r, m, dv, 1), Scale: 1}
		for i := range n { // subtract the mean, so that the row is orthogonal to the line
			row := in.Q.RawRowView(i)
			var mean float64
			for _, x := range row {
				mean += x / float64(d)
			}
			if d > 1 {
				for l := range row {
					row[l] = (row[l] - mean) / 2
				}
			}
		}
		for j := range m {
			x := b / 2 * (2*r.Float64() - 1)
			row := in.K.RawRowView(j)
			for l := range row {
				row[l] += x
				if l == 0 && d > 1 {
					row[l] -= b * (1 - noise) / 2
				}
			}
		}
		return in
	},
}

// ConvBasis has scores that are a Toeplitz matrix on each of k segments of keys: rotary positions with
// content that is constant over queries and over each segment. With frequencies w_f = θ^(−f/F), queries
// (q_f·e^{i·w_f·i}) and keys (κ_{g,f}·e^{i·w_f·j}) as pairs of coordinates, d = 2F, the score is
// Σ_f Re(q_f·conj(κ_{g,f})·e^{i·w_f·(i−j)}): a function of i − j and of the segment g of j alone.
var ConvBasis = Generator{
	Name: "conv",
	Doc:  "causal, rotary positions over content that is constant on segments of keys; scale 1",
	Source: finegrain.Source{
		Paper: finegrain.Liang2024, Provenance: finegrain.Derived,
		Argument: "⟨q e^{iwi}, κ e^{iwj}⟩ = Re(q conj(κ) e^{iw(i−j)}), so every segment is a Toeplitz block",
	},
	Parameters: []Parameter{
		wholeParameter("n", "queries and keys", 1024, 1, mostRows),
		wholeParameter("frequencies", "F; d is twice that", 4, 1, 1<<15),
		wholeParameter("segments", "k, at most n", 4, 1, mostRows),
		{Name: "theta", Doc: "base θ of the frequencies", Default: 10000, Least: 1, Most: 1e12},
		valuesParameter, boundParameter(1),
	},
	columns: func(p map[string]float64) float64 { return 2 * p["frequencies"] },
	generate: func(r *rand.Rand, p map[string]float64) Instance {
		n, frequencies, segments := int(p["n"]), int(p["frequencies"]), int(p["segments"])
		b := p["B"] / math.Sqrt2 // a rotated pair stays within B
		query, contents := Uniform(r, 1, 2*frequencies, b), Uniform(r, segments, 2*frequencies, b)
		in := Instance{
			Q: mat.NewDense(n, 2*frequencies, nil), K: mat.NewDense(n, 2*frequencies, nil),
			V: Uniform(r, n, int(p["dv"]), 1), Scale: 1, Causal: true,
		}
		for i := range n {
			segment := i * segments / n
			for f := range frequencies {
				sin, cos := math.Sincos(float64(i) * math.Pow(p["theta"], -float64(f)/float64(frequencies)))
				rotate := func(to, from []float64) {
					x, y := from[2*f], from[2*f+1]
					to[2*f], to[2*f+1] = x*cos-y*sin, x*sin+y*cos
				}
				rotate(in.Q.RawRowView(i), query.RawRowView(0))
				rotate(in.K.RawRowView(i), contents.RawRowView(segment))
			}
		}
		return in
	},
}
