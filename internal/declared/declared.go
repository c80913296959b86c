// Package declared counts declarations in source, so that tests can compare a catalogue with what is declared.
package declared

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// By counts the package variables of the test's package that are declared by a call, `var X = f(…)`, by the name of
// the function f. Test files are left out.
func By(t testing.TB) map[string]int {
	t.Helper()
	files, err := filepath.Glob("*.go") // a test runs in the folder of its package
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			variables, ok := d.(*ast.GenDecl)
			if !ok || variables.Tok != token.VAR {
				continue
			}
			for _, spec := range variables.Specs {
				for _, value := range spec.(*ast.ValueSpec).Values {
					if call, ok := value.(*ast.CallExpr); ok {
						if name, ok := call.Fun.(*ast.Ident); ok {
							count[name.Name]++
						}
					}
				}
			}
		}
	}
	return count
}
