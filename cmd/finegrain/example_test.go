package main

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// Two variables, three clauses, one model: counted through attention, with the exit code for satisfiable.
func Example() {
	formula := strings.NewReader("p cnf 2 3\n1 2 0\n1 -2 0\n-1 2 0\n")
	var out strings.Builder
	code := run(context.Background(), []string{"solve", "-", "--count"}, formula, &out, os.Stderr)
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "s ") || strings.HasPrefix(line, "v ") || strings.HasPrefix(line, "c s ") {
			fmt.Print(line)
		}
	}
	fmt.Println("exit code", code)
	// Output:
	// s SATISFIABLE
	// v 1 2 0
	// c s exact arb int 1
	// exit code 10
}
