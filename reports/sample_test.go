package reports

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

	"finegrain"
	"finegrain/experiments"
	"finegrain/sat"
)

// sample is an outcome made by hand, in which everything agrees.
func sample() experiments.Reproduction {
	small := sat.Formula{Variables: 6, Clauses: [][]sat.Literal{
		{1, 2, 4},
		{-1, 5, 6},
		{3, -6, -2},
		{-4, -5, 1},
		{2, -3, 6},
		{-1, -2, -3},
		{4, 5, 3},
		{-6, 1, -2},
		{-1, -4},
		{2, 3},
		{-2, 4, 5},
		{1, -5, 6},
	}}
	contradiction := sat.Formula{Variables: 1, Clauses: [][]sat.Literal{{1}, {-1}}}
	models := modelsOf(small)
	model := models[0]
	r := experiments.Reproduction{
		Command: "finegrain reproduce --seed 7 --out out", Seed: 7, Version: "v0.0.0",
		Go: "go1.26", CPU: "a processor", Cores: 2, Seconds: 3.25,
		Formulas: []experiments.FormulaRun{
			{
				NamedFormula: experiments.NamedFormula{
					Name: "small", Kind: "uniform", Command: "finegrain generate cnf uniform --n 6", Formula: small,
				},
				Check: experiments.Check{Satisfiable: true, Count: big.NewInt(int64(len(models))), Seconds: 0.001},
				Runs: []experiments.RouteRun{
					interpolationRun(sat.Answer{Satisfiable: true, Model: model}, len(models)),
					thresholdRun(sat.Answer{Satisfiable: true, Model: model}),
				},
			},
			{
				NamedFormula: experiments.NamedFormula{Name: "contradiction", Kind: "by hand", Command: "none", Formula: contradiction},
				Check:        experiments.Check{Count: new(big.Int), Seconds: 0.0001},
				Runs: []experiments.RouteRun{
					{
						Solution: experiments.Solution{
							Count: new(big.Int), Route: "interpolation", Algorithm: "streaming",
							Steps: []experiments.Step{{Name: "split and list (census)", Calls: 1, Seconds: 0.00002}},
						},
						Seconds: 0.00003,
					},
					thresholdRun(sat.Answer{}),
				},
			},
		},
		Picture: takeSamplePicture("small", small, model),
	}
	return r
}

func interpolationRun(answer sat.Answer, models int) experiments.RouteRun {
	return experiments.RouteRun{
		Solution: experiments.Solution{
			Answer: answer, Count: big.NewInt(int64(models)), Route: "interpolation", Algorithm: "streaming",
			Steps: []experiments.Step{
				{Name: "split and list (census)", Calls: 1, Seconds: 0.01},
				{Name: "interpolation route (census)", Calls: 1, Seconds: 0.02},
				{Name: "streaming", Calls: 12, Seconds: 0.5},
				{Name: "read off", Calls: 12, Seconds: 0.07},
			},
			Oracle: experiments.OracleUse{
				Calls: 12, N: 8, D: 12, B: 2.45, Scale: 1.0 / 12, Tolerated: 2.85e-13, Guaranteed: 1.77e-14, Observed: 6.03e-17,
				Operations: finegrain.Cost{finegrain.Exponentials: 768},
			},
		},
		Seconds: 0.8,
	}
}

func thresholdRun(answer sat.Answer) experiments.RouteRun {
	return experiments.RouteRun{
		Solution: experiments.Solution{
			Answer: answer, Route: "threshold", Algorithm: "streaming",
			Steps: []experiments.Step{
				{Name: "split and list (search)", Calls: 1, Seconds: 0.001},
				{Name: "threshold route (search)", Calls: 1, Seconds: 0.002},
				{Name: "streaming", Calls: 1, Seconds: 0.004},
				{Name: "read off", Calls: 1, Seconds: 0.0005},
			},
			Oracle: experiments.OracleUse{
				Calls: 1, N: 8, D: 12, B: 1.67, Scale: 1, Tolerated: 1.0 / 12, Guaranteed: 2.1e-14, Observed: 5.9e-17,
			},
		},
		Seconds: 0.009,
	}
}

func assignment(bits, variables int) sat.Model {
	m := make(sat.Model, variables)
	for i := range m {
		m[i] = bits>>(variables-1-i)&1 == 1
	}
	return m
}

func modelsOf(f sat.Formula) (models []sat.Model) {
	for bits := range 1 << f.Variables {
		if m := assignment(bits, f.Variables); f.Satisfied(m) {
			models = append(models, m)
		}
	}
	return models
}

// takeSamplePicture lays the formula out by the definitions: all half-assignments, no pruning.
func takeSamplePicture(name string, f sat.Formula, model sat.Model) experiments.Picture {
	middle := (f.Variables + 1) / 2
	n := 1 << (f.Variables - middle)
	p := experiments.Picture{Name: name, Formula: f, Limit: 5.0 / 12, Flagged: -1, Partner: -1, T: math.Log(2 * float64(n))}
	side := func(from, to int) (halves []experiments.Half) {
		for bits := range 1 << (to - from) {
			values := assignment(bits, to-from)
			var label, vector []string
			for v := from; v < to; v++ {
				label = append(label, fmt.Sprintf("x%d=%d", v+1, digit(values[v-from])))
			}
			for _, clause := range f.Clauses {
				unsatisfied := true
				for _, l := range clause {
					if v := l.Variable() - 1; v >= from && v < to && values[v-from] == (l > 0) {
						unsatisfied = false
					}
				}
				vector = append(vector, fmt.Sprint(digit(unsatisfied)))
			}
			halves = append(halves, experiments.Half{Label: strings.Join(label, " "), Vector: strings.Join(vector, "")})
		}
		return halves
	}
	p.Rows, p.Columns = side(0, middle), side(middle, f.Variables)
	for i, a := range p.Rows {
		var inner []int
		var weights []float64
		sum := 0.0
		for j, b := range p.Columns {
			k := 0
			for c := range a.Vector {
				if a.Vector[c] == '1' && b.Vector[c] == '1' {
					k++
				}
			}
			if k == 0 && p.Flagged < 0 {
				p.Flagged, p.Partner, p.Model = i, j, model
			}
			inner, weights = append(inner, k), append(weights, math.Exp(-p.T*float64(k)))
			sum += weights[j]
		}
		weights = append(weights, 1)
		for j := range weights {
			weights[j] /= sum + 1
		}
		p.Inner, p.Weights, p.Outputs = append(p.Inner, inner), append(p.Weights, weights), append(p.Outputs, sum/(sum+1))
	}
	return p
}

// attacks are texts that break out of a page that does not take care.
var attacks = []string{
	`</script><img src=x onerror=hostile=1>`,
	`<!--<script>hostile=2</script>`,
	`"';hostile=3//` + "`${hostile=4}`",
	"line\u2028break\u2029\n\r\t\x00",
	"\u202eright to left \u2066isolate",
	`{{.}} {a|b} {b} &lt;&amp; --ink __f__hostile=5`,
	`javascript:hostile=6`,
	strings.Repeat("long", 40),
}

// hostile is the sample with attacks for names, and runs that fail and disagree.
func hostile() experiments.Reproduction {
	r := sample()
	all := strings.Join(attacks, " ")
	r.Command, r.Go, r.CPU, r.Version = all, attacks[0], attacks[1], attacks[2]
	template := r.Formulas[0]
	r.Formulas = nil
	for i, attack := range attacks {
		f := template
		f.Name, f.Kind, f.Command = attack, attack, attack
		f.Runs = []experiments.RouteRun{f.Runs[0], f.Runs[1]}
		f.Runs[(i+1)%2].Algorithm = attack
		r.Formulas = append(r.Formulas, f)
	}
	r.Formulas[1].Runs[0] = experiments.RouteRun{
		Solution: experiments.Solution{Route: "interpolation"}, Seconds: 0.5, Err: errors.New("the oracle is too weak " + attacks[0]),
	}
	r.Formulas[2].Runs[1].Disagreement = "the route says satisfiable = true, the solver false " + attacks[0]
	r.Picture.Name = attacks[0]
	r.Picture.Rows[2].Label = attacks[0]
	return r
}
