package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/internal/npy"
	"finegrain/sat"
)

// written is what a reader of the directory has in hand, once attend has answered every call.
type written struct {
	writtenPlan
	lambdas []string
	outputs []*mat.Dense
}

func attendAll(t *testing.T, out string) written {
	t.Helper()
	var w written
	load(t, filepath.Join(out, "instance.json"), &w.writtenPlan)
	for call := range w.Calls {
		dir := filepath.Join(out, fmt.Sprintf("call-%05d", call))
		var about reducedCall
		load(t, filepath.Join(dir, "instance.json"), &about)
		if about.DataRows != w.Split.N || about.DataKeys != w.Split.M {
			t.Errorf("%s: %d data rows and %d data keys of %d and %d", dir, about.DataRows, about.DataKeys, w.Split.N, w.Split.M)
		}
		file := func(name string) string { return filepath.Join(dir, name+".npy") }
		succeeds(t, "attend", "--q", file("q"), "--k", file("k"), "--v", file("v"), "--scale", fmt.Sprint(about.Scale),
			"--error", fmt.Sprint(about.Epsilon), "--out", file("o"))
		w.lambdas = append(w.lambdas, about.Lambda)
		w.outputs = append(w.outputs, loadArray(t, file("o")))
	}
	return w
}

// decode does by hand what instance.json says of the read-off.
func (w written) decode(t *testing.T) *big.Int {
	t.Helper()
	number := func(text string) *big.Float {
		x, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	m := number(fmt.Sprint(w.Split.M))
	count := new(big.Int)
	for i := range w.Split.N {
		sum := number("0").Mul(number(w.Constant), m)
		for call, output := range w.outputs {
			s := number("0").SetFloat64(min(max(output.At(i, 0), 0), 0.5))
			s.Quo(s, number("0").Sub(number("1"), s))
			sum.Add(sum, s.Mul(s, m).Mul(s, number(w.lambdas[call])))
		}
		partners, _ := sum.Add(sum, number("0.5")).Int(nil)
		count.Add(count, partners)
	}
	return count.Lsh(count, uint(len(w.Split.FreeVariables)))
}

// TestReducedCallsDecode answers every written call by attend and reads the outputs off as instance.json
// says: the number of models must come out, and must not if anything that is written is left out.
func TestReducedCallsDecode(t *testing.T) {
	t.Chdir(t.TempDir())
	for seed := range 3 {
		formula, out := fmt.Sprintf("%d.cnf", seed), fmt.Sprintf("calls%d", seed)
		succeeds(t, "generate", "cnf", "uniform", "--n", "11", "--m", "28", "--seed", fmt.Sprint(seed), "--out", formula)
		succeeds(t, "reduce", formula, "--to", "attention", "--route", "interpolation", "--out", out)
		want, err := sat.Count(t.Context(), loadFormula(t, formula))
		if err != nil {
			t.Fatal(err)
		}
		if want.Sign() == 0 {
			t.Errorf("%s has no models: no mistake could show", formula)
		}
		w := attendAll(t, out)
		if got := w.decode(t); got.Cmp(want) != 0 {
			t.Errorf("%s: decoded %v models, counted %v", formula, got, want)
		}
		for name, mutant := range map[string]func(*written){
			"the constant left out":       func(w *written) { w.Constant = "0" },
			"a call left out":             func(w *written) { w.outputs = w.outputs[1:]; w.lambdas = w.lambdas[1:] },
			"coefficients of other calls": func(w *written) { w.lambdas = append(slices.Clone(w.lambdas[1:]), w.lambdas[0]) },
			"zero keys counted as data":   func(w *written) { w.Split.M *= 2 },
		} {
			w := w
			mutant(&w)
			if w.decode(t).Cmp(want) == 0 {
				t.Errorf("%s: the count is right with %s", formula, name)
			}
		}
	}
}

// TestReducedRows holds the index maps to their meaning: row i of A with row j of B is orthogonal iff the
// joint assignment is a model.
func TestReducedRows(t *testing.T) {
	t.Chdir(t.TempDir())
	succeeds(t, "generate", "cnf", "uniform", "--n", "9", "--m", "30", "--out", "f.cnf")
	succeeds(t, "reduce", "f.cnf", "--to", "ov", "--out", "ov")
	var about writtenPlan
	load(t, "ov/instance.json", &about)
	f := loadFormula(t, "f.cnf")
	in, err := (&app{}).readVectors(t.Context(), &common{memory: 1 << 30}, "ov/instance.ov")
	if err != nil {
		t.Fatal(err)
	}
	value := func(h reducedHalf, row int, m sat.Model) {
		a := uint64(row)
		if h.Assignments != nil {
			a = h.Assignments[row]
		}
		for k, v := range h.Variables {
			m[v-1] = a>>(len(h.Variables)-1-k)&1 == 1
		}
	}
	for i := range about.Split.N {
		for j := range about.Split.M {
			m := make(sat.Model, f.Variables)
			value(about.Split.A, i, m)
			value(about.Split.B, j, m)
			orthogonal := true
			for k, word := range in.A.Row(i) {
				orthogonal = orthogonal && word&in.B.Row(j)[k] == 0
			}
			if orthogonal != f.Satisfied(m) {
				t.Fatalf("rows %d and %d: orthogonal %t, a model %t", i, j, orthogonal, !orthogonal)
			}
		}
	}
}

// writtenPlan is what the tests read of an instance.json.
type writtenPlan struct {
	Calls    int
	Constant string `json:"lambda_constant"`
	Split    struct {
		N, M          int
		A, B          reducedHalf
		FreeVariables []int `json:"free_variables"`
	}
}

func load(t *testing.T, name string, to any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func loadArray(t *testing.T, name string) *mat.Dense {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := npy.NewReader(file, -1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func loadFormula(t *testing.T, name string) sat.Formula {
	t.Helper()
	f, err := (&app{}).readFormula(finegrain.NewEnv(t.Context(), 0), &common{memory: 1 << 30}, name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
