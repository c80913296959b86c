package sat_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"finegrain/sat"
)

// Read a formula, decide it, count it.
func Example() {
	const text = `c somebody sits, but not next to somebody
p cnf 3 3
1 2 3 0
-1 -2 0 -2 -3 0
`
	f, err := sat.ReadDIMACS(strings.NewReader(text), "chairs.cnf", sat.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	answer, _ := sat.Solve(ctx, f)
	count, _ := sat.Count(ctx, f)
	fmt.Println(answer.Satisfiable, f.CheckModel(answer.Model), count)
	// Output: true <nil> 4
}

func ExampleReadDIMACS() {
	_, err := sat.ReadDIMACS(strings.NewReader("p cnf 2 1\n1 -3 0\n"), "wrong.cnf", sat.Limits{})
	fmt.Println(err)
	// Output: wrong.cnf:2: literal -3 is out of range: line 1 declares 2 variables; correct one of them
}

func ExampleWriteDIMACS() {
	f, _ := sat.Pigeonhole(2, 1)
	_ = sat.WriteDIMACS(os.Stdout, f, "two pigeons, one hole")
	// Output:
	// c two pigeons, one hole
	// p cnf 2 3
	// 1 0
	// 2 0
	// -1 -2 0
}

func ExampleGenerators() {
	for _, g := range sat.Generators() {
		f, _ := g.Generate(rand.New(rand.NewPCG(1, 1)), nil)
		fmt.Printf("%s: %v\n", g.Name, f.Size())
	}
	// Output:
	// uniform: n=20 m=80
	// uniform-replacement: n=20 m=80
	// planted: n=20 m=80
	// threshold: n=20 m=85
	// pigeonhole: n=20 m=45
	// parity: n=15 m=40
	// colouring: n=30 m=85
}

func ExampleModel_Literals() {
	fmt.Println(sat.Model{true, false, true}.Literals())
	// Output: [1 -2 3]
}
