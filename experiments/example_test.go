package experiments_test

import (
	"context"
	"fmt"
	"strings"

	"finegrain"
	"finegrain/experiments"
	"finegrain/sat"
)

func ExampleSolve() {
	f, err := sat.ReadDIMACS(strings.NewReader("p cnf 4 3\n1 2 0\n-2 3 0\n-3 4 0\n"), "example.cnf", sat.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := experiments.Solve(finegrain.NewEnv(context.Background(), 1), experiments.Request{
		Formula: f, Route: experiments.DefaultRoute(true), Count: true,
	})
	fmt.Println(s.Satisfiable, s.Count, s.Route, s.Algorithm, err)
	fmt.Println(s.Oracle.Calls, "calls; observed ≤ guaranteed ≤ tolerated:", s.Oracle.Observed <= s.Oracle.Guaranteed && s.Oracle.Guaranteed <= s.Oracle.Tolerated)
	// Output:
	// true 5 interpolation streaming <nil>
	// 1 calls; observed ≤ guaranteed ≤ tolerated: true
}
