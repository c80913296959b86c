package experiments

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/tree"
	"finegrain/measure"
)

// TemperatureSubject measures what a query does in a tree of keys, walking it by itself as in Gupta et al.; see
// tree.Walks. Without B it is that of the temperature at which queries visit most nodes, among B = 10^(k/8) from 1 to
// 10^6: as a theorem for every temperature speaks of the worst, so does this. Counts are of all queries together.
// Values: b, the B that they are at; bound, the error that is guaranteed of the outputs.
var TemperatureSubject = declareSubject(measure.Subject{
	Name: "temperature",
	Doc:  "nodes that queries visit, one query by itself at a time, in a tree of n keys, at one or at the worst temperature; scale 1",
	Parameters: []measure.Parameter{
		oneOf("data", "kind of instance", attention.AnyTemperature.Name,
			[]string{attention.AnyTemperature.Name, attention.NearlyCollinear.Name}),
		oneOf("keys", "how any-temperature data spread their keys", keySpreads[0], keySpreads),
		preset(numberFrom("noise", "distance of adversarial keys from their line, over B; 0: the kind's own", 0, 1), 0.0),
		wholeFrom("n", "keys", 1, 1<<26),
		preset(wholeFrom("d", "head dimension", 1, 16), int64(2)),
		preset(wholeFrom("queries", "queries", 1, 1<<16), int64(64)),
		preset(numberFrom("B", "largest absolute entry of Q and K; 0: the worst", 0, 1e12), 0.0),
		preset(numberFrom("epsilon", "error asked, values being up to 1", 1e-15, 1), 1e-6),
		oneOf("tree", "how the tree is built", chosenTree, append([]string{chosenTree}, tree.Builders...)),
		coresParameter,
	},
	Yields: []measure.Yield{
		{Name: "visits", Doc: "nodes visited"},
		{Name: "expansions", Doc: "of them, evaluated by moments"},
		{Name: "keys", Doc: "taken one by one"},
		{Name: "operations", Doc: "multiply-adds, d of them a visit, and exponentials"},
		{Name: "b", Doc: "largest absolute entry of Q and K"},
		{Name: "bound", Doc: "error that is guaranteed; absent where none is"},
	},
	Accepts: func(c measure.Cell) error {
		if b := c.Float("B"); b > 0 && b < leastEntries {
			return fmt.Errorf("entries of %g are out of range; B is 0 or at least %g", b, leastEntries)
		}
		if name := c.Word("tree"); name != chosenTree {
			if err := tree.Takes(name, c.Int("n"), c.Int("d")); err != nil {
				return err
			}
		}
		_, _, err := temperatureData(c).generator()
		return err
	},
	Work: func(c measure.Cell) float64 {
		n, d := float64(c.Int("n")), float64(c.Int("d"))
		walked := float64(c.Int("queries")*len(temperatures(c))) * math.Pow(n, 1-1/d) * 100
		return n*(20*math.Log2(n)*d+2048) + walked
	},
	Bytes: func(c measure.Cell) float64 {
		n, d := float64(c.Int("n")), float64(c.Int("d"))
		bytes := 8*n*(8*d+64) + 1<<22 // nodes of more than 64 keys have 2·512 moments
		bytes += 8 * float64(c.Int("queries")) * (5*d + 8 + 2*float64(len(temperatures(c))))
		if c.Word("tree") == tree.PathTree {
			bytes += n*n/8 + 8*n*(3*d+40)
		}
		return bytes
	},
	Prepare: func(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
		g, values, err := temperatureData(c).generator()
		if err != nil {
			return measure.Trial{}, err
		}
		in, err := g.Generate(env.Rand("instance"), values)
		if err != nil {
			return measure.Trial{}, err
		}
		in.Epsilon = c.Float("epsilon")
		hash := newDigest()
		hash.matrix(in.Q)
		hash.matrix(in.K)
		hash.matrix(in.V)
		scales := temperatures(c)
		hash.numbers(append(scales, in.Epsilon)...)
		builder := c.Word("tree")
		if builder == chosenTree {
			builder = tree.Chosen(in.K, math.Inf(1))
		}
		return measure.Trial{Data: hash.text(), Run: func(env finegrain.Env) (measure.Outcome, error) {
			walks, err := tree.Walks(onCores(env, c), in, builder, scales)
			if err != nil {
				return measure.Outcome{}, refusal(err)
			}
			worst := slices.MaxFunc(walks, func(a, b tree.Walk) int { return cmp.Compare(a.Visits, b.Visits) })
			out := measure.Outcome{
				Counts: finegrain.Cost{
					"visits": worst.Visits, "expansions": worst.Expansions, "keys": worst.Keys, "operations": worst.Operations,
				},
				Values: map[string]float64{"b": math.Sqrt(worst.Scale)},
			}
			if bound := worst.Output.Bound; !math.IsInf(bound, 0) {
				out.Values["bound"] = bound
			}
			return out, nil
		}}, nil
	},
})

// chosenTree is the tree that the keys get by default.
const chosenTree = "chosen by the keys"

// leastEntries keeps B² within float64.
const leastEntries = 1e-100

// temperatureData is few queries and n keys, with entries up to 1.
func temperatureData(c measure.Cell) drawn {
	return drawn{
		data: c.Word("data"), keys: c.Word("keys"), noise: c.Float("noise"), b: 1,
		n: c.Int("queries"), m: c.Int("n"), d: c.Int("d"), dv: 1,
	}
}

// temperatures are B² of a cell.
func temperatures(c measure.Cell) []float64 {
	if b := c.Float("B"); b > 0 {
		return []float64{b * b}
	}
	var all []float64
	for k := range 49 {
		all = append(all, math.Pow(10, float64(k)/4))
	}
	return all
}
