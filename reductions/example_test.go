package reductions_test

import (
	"context"
	"fmt"
	"strings"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/reductions"
	"finegrain/sat"
)

// A formula is decided and its models are counted by asking for attention. The oracle here is the
// problem's definition; package algorithms has faster ones.
func Example() {
	f, err := sat.ReadDIMACS(strings.NewReader("p cnf 4 3\n1 2 0\n-2 3 0\n-3 4 0\n"), "example.cnf", sat.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	env := finegrain.NewEnv(context.Background(), 1)
	oracle := attention.Problem.DefinitionOracle()

	answer, err := reductions.SATByThresholdSearch.Run(env, f, oracle)
	fmt.Println(answer.Satisfiable, f.CheckModel(answer.Model), err)

	count, err := reductions.SATByInterpolationCounting.Run(env, f, oracle)
	fmt.Println(count, err)
	// Output:
	// true <nil> <nil>
	// 5 <nil>
}

func ExampleSplitAndList() {
	f := sat.Formula{Variables: 4, Clauses: [][]sat.Literal{{1, 3}, {-2, 4}, {2, -3}}}
	s, err := reductions.SplitAndList(finegrain.NewEnv(context.Background(), 1), f)
	fmt.Println(err)
	fmt.Println("A:", s.OV.A)
	fmt.Println("B:", s.OV.B)
	// Output:
	// <nil>
	// A: 101 110 001 010
	// B: 110 100 011 001
}
