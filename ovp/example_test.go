package ovp_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"finegrain"
	"finegrain/ovp"
)

const text = `c three vectors a side
p ov 3 4
1100
0110
1111
1010
0001
0111
`

func Example() {
	in, err := ovp.Read(strings.NewReader(text), "three.ov", ovp.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	env := finegrain.NewEnv(context.Background(), 1)
	for _, a := range ovp.Algorithms() {
		found, _, err := a.Find(env, in)
		if err != nil {
			fmt.Println(err)
			return
		}
		count, cost, err := a.Count(env, in)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: first %v, %v pairs, %v\n", a.Name, found, count, cost)
	}
	// Output:
	// scan: first (0, 1), 2 pairs, word_operations=9
	// zeta: first (0, 1), 2 pairs, additions=35 word_operations=3
}

func ExampleHistogram() {
	in, err := ovp.Read(strings.NewReader(text), "three.ov", ovp.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	h, _, err := ovp.Scan.Histogram(finegrain.NewEnv(context.Background(), 1), in)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("pairs by inner product:", h.Totals)
	fmt.Println("largest:", h.Max)
	fmt.Println("least:", h.Min)
	// Output:
	// pairs by inner product: [2 4 2 1 0]
	// largest: 3 at (2, 2)
	// least: 0 at (0, 1)
}

func ExampleRead_wrong() {
	_, err := ovp.Read(strings.NewReader("p ov 1 3\n101\n10\n"), "short.ov", ovp.Limits{})
	fmt.Println(err)
	// Output:
	// short.ov:3: the row has 2 digits and the header says 3; fill it up or mend the header
}

func ExampleSquare() {
	a, _ := ovp.ParseVectors("10", "01", "11")
	b, _ := ovp.ParseVectors("01")
	if err := ovp.Write(os.Stdout, ovp.Square(ovp.Instance{A: a, B: b}), "B has two vectors of padding"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// c B has two vectors of padding
	// p ov 3 3
	// 101
	// 011
	// 111
	// 010
	// 001
	// 001
}
