package tree_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/tree"

	"gonum.org/v1/gonum/mat"
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
	fmt.Println(tree.Chosen(in.K, 100*math.Sqrt2))
	// Output:
	// as near as was asked: true
	// exponentials, of a query and a key: less than one in twenty: true
	// rows that streaming computed: 0
	// framed kd-tree
}

// The key with the largest inner product for each query, with the number of keys that tie for it exactly.
func ExampleRowMaxima() {
	q := mat.NewDense(2, 2, []float64{
		1, 1,
		0.1, -0.3,
	})
	k := mat.NewDense(4, 2, []float64{
		3, 1,
		0, 4,
		2, 2,
		1, 1,
	})
	maxima, _, err := tree.RowMaxima(finegrain.NewEnv(context.Background(), 1), q, k)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, m := range maxima {
		fmt.Printf("query %d: key %d, and %d in all with %.2f\n", i, m.Key, m.Ties, m.Score)
	}
	// Output:
	// query 0: key 0, and 3 in all with 4.00
	// query 1: key 0, and 1 in all with 0.00
}
