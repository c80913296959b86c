package algorithms_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms"
	"finegrain/algorithms/attention"
)

// TestCatalogueIsComplete: every exported variable that the source declares as an attention.Method (by its type or
// by a literal), here or in a package below, is listed.
func TestCatalogueIsComplete(t *testing.T) {
	declared := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			variables, ok := d.(*ast.GenDecl)
			if !ok || variables.Tok != token.VAR {
				continue
			}
			for _, spec := range variables.Specs {
				value := spec.(*ast.ValueSpec)
				for i, v := range value.Values {
					kind := value.Type // as declared, or that of a literal
					if literal, ok := v.(*ast.CompositeLit); ok && kind == nil {
						kind = literal.Type
					}
					if value.Names[i].IsExported() && isMethod(kind) {
						declared[value.Names[i].Name] = true
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if listed := len(algorithms.Attention()); listed != len(declared) || listed < 3 {
		t.Errorf("%d attention algorithms are listed, the source declares %v", listed, declared)
	}
}

// isMethod recognises Method and attention.Method.
func isMethod(expression ast.Expr) bool {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name == "Method"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Method"
	}
	return false
}

func TestNames(t *testing.T) {
	for _, m := range algorithms.Attention() {
		if got, err := algorithms.AttentionNamed(m.Name); err != nil || got.Name != m.Name {
			t.Errorf("%s: %v, %v", m.Name, got.Name, err)
		}
	}
	for _, a := range algorithms.OrthogonalVectors() {
		if got, err := algorithms.OrthogonalVectorsNamed(a.Name); err != nil || got.Name != a.Name {
			t.Errorf("%s: %v, %v", a.Name, got.Name, err)
		}
	}
	if _, err := algorithms.AttentionNamed("steaming"); err == nil || !strings.Contains(err.Error(), "streaming") {
		t.Errorf("an unknown algorithm: %v", err)
	}
}

func small(epsilon float64) attention.Instance {
	return attention.Instance{
		Q: mat.NewDense(2, 1, []float64{0, 1}), K: mat.NewDense(2, 1, []float64{0, 1}), V: mat.NewDense(2, 1, []float64{0, 1}),
		Scale: 1, Epsilon: epsilon,
	}
}

// TestOracleRefuses: before the work where the guarantee does not reach, and after it where the method's own
// bound exceeds what was asked.
func TestOracleRefuses(t *testing.T) {
	env := finegrain.NewEnv(context.Background(), 1)
	var weak *attention.CannotPromise
	if err := algorithms.Oracle(attention.Streaming, nil).Promises(small(1e-30)); !errors.As(err, &weak) {
		t.Errorf("1e-30 was promised by float64: %v", err)
	}
	boaster := attention.Streaming
	boaster.Guarantee.Error = func(attention.Regime) float64 { return 0 }
	boaster.Run = func(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
		out, cost, err := attention.Exact.Run(env, in)
		out.Bound = 0.5
		return out, cost, err
	}
	watched := false
	oracle := algorithms.Oracle(boaster, func(attention.Instance, attention.Output, finegrain.Cost) { watched = true })
	if _, err := oracle.Ask(env, small(0.1)); !errors.As(err, &weak) || watched {
		t.Errorf("a bound of 0.5 was taken for an error of 0.1: %v", err)
	}
	if _, err := oracle.Ask(env, small(0.6)); err != nil || !watched {
		t.Errorf("an answer within its bound: %v, watched %t", err, watched)
	}
}

func ExampleOracle() {
	method, err := algorithms.AttentionNamed("streaming")
	if err != nil {
		fmt.Println(err)
		return
	}
	oracle := algorithms.Oracle(method, nil)
	in := attention.Instance{
		Q: mat.NewDense(1, 1, []float64{1}), K: mat.NewDense(2, 1, []float64{0, 0}), V: mat.NewDense(2, 1, []float64{1, 3}),
		Scale: 1, Epsilon: 1e-9,
	}
	fmt.Println(oracle.Promises(in))
	out, err := oracle.Ask(finegrain.NewEnv(context.Background(), 1), in)
	fmt.Println(out.Float.At(0, 0), err)
	// Output:
	// <nil>
	// 2 <nil>
}
