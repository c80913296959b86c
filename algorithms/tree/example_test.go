package tree_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/tree"
)

// A query against 2^14 keys at a low temperature: most of them cannot matter.
func Example() {
	r := rand.New(rand.NewPCG(1, 2))
	n := 1 << 14
	in := attention.Instance{
		Q: attention.Uniform(r, 1000, 2, 100), K: attention.Uniform(r, n, 2, 100), V: attention.Uniform(r, n, 3, 1),
		Scale: 1, Epsilon: 1e-9,
	}
	out, cost, err := tree.Tree.Run(finegrain.NewEnv(context.Background(), 1), in)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("as near as was asked:", out.Bound <= in.Epsilon)
	few := cost[finegrain.Exponentials] < 1000*int64(n)/20
	fmt.Println("exponentials, of a query and a key: less than one in twenty:", few)
	fmt.Println("rows that streaming computed:", cost[tree.HandedRows])
	fmt.Println(tree.Chosen(in.K))
	// Output:
	// as near as was asked: true
	// exponentials, of a query and a key: less than one in twenty: true
	// rows that streaming computed: 0
	// kd-tree in frames
}
