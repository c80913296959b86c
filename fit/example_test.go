package fit_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"finegrain"
	"finegrain/fit"
)

// timings are five runs at each of ten sizes, of n²·2 ns with some noise.
func timings() []fit.Sample {
	r := rand.New(rand.NewPCG(1, 2))
	var samples []fit.Sample
	for n := 256.; n <= 131072; n *= 2 {
		s := fit.Sample{X: n}
		for range 5 {
			s.Y = append(s.Y, 2e-9*n*n*(1+.05*r.ExpFloat64()))
		}
		samples = append(samples, s)
	}
	return samples
}

// counts are f of the doubling sizes from 64 to 32768.
func counts(f func(n float64) float64) []fit.Point {
	var points []fit.Point
	for n := 64.; n <= 32768; n *= 2 {
		points = append(points, fit.Point{X: n, Y: f(n)})
	}
	return points
}

func ExampleSlope() {
	points, err := fit.Collapse(timings(), fit.Median)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := fit.Slope(points, .95)
	fmt.Println(e, err)
	exact, err := fit.Slope(counts(func(n float64) float64 { return 3 * n * n }), .95)
	fmt.Println(exact, err)
	// Output:
	// 1.9988 ± 0.0032 (95 %, 10 sizes from 256 to 131072) <nil>
	// 2 with no residual (95 %, 10 sizes from 64 to 32768) <nil>
}

func ExampleTheilSen() {
	points := counts(func(n float64) float64 { return n * n })
	points[9].Y *= 40 // measured while something else ran
	e, err := fit.TheilSen(points, .95)
	fmt.Printf("%.2f %v\n", e.Slope, err)
	e, err = fit.Slope(points, .95)
	fmt.Printf("%.2f %v\n", e.Slope, err)
	// Output:
	// 2.00 <nil>
	// 2.29 <nil>
}

func ExampleChoose() {
	models := append(fit.Standard(), fit.PowerLog(2-1./3, 0))
	choice, err := fit.Choose(counts(func(n float64) float64 { return math.Ceil(5 * math.Pow(n, 2-1./3)) }), models...)
	fmt.Println(choice, err)
	// Output:
	// n^1.6667 (weight 0.58) or n^c with c = 1.667 (weight 0.42) <nil>
}

func ExampleSegmented() {
	env := finegrain.NewEnv(context.Background(), 1)
	s, err := fit.Segmented(env, counts(func(n float64) float64 { return max(n, n*n/1000) }), .95)
	fmt.Printf("%.0f: %.2f, %.2f (p = %.3f) %v\n", s.Break, s.Below.Slope, s.Above.Slope, s.P, err)
	// Output:
	// 1000: 1.00, 2.00 (p = 0.001) <nil>
}

func ExampleExtrapolate() {
	ch, err := fit.Extrapolate(counts(func(n float64) float64 { return n * math.Log(n) }), fit.FreePower(0), 3, .95)
	fmt.Println(ch, err)
	// Output:
	// n^c fitted up to 4096 predicts 32768 with a miss of ×0.86, outside the 95 % intervals of the 3 sizes held out <nil>
}

func ExampleJudgeExponent() {
	points, err := fit.Collapse(timings(), fit.Median)
	if err != nil {
		fmt.Println(err)
		return
	}
	claim := fit.Claimed{Relation: fit.Equal, Exponent: 2}
	for _, sizes := range []int{4, 10} {
		e, err := claim.Slope(points[:sizes], .95)
		if err != nil {
			fmt.Println(err)
			return
		}
		v := fit.JudgeExponent(claim, e, fit.Demands{})
		fmt.Printf("%v: %s\n", v.Outcome, v.Because)
	}
	// Output:
	// undecided: Slope 2.002 ± 0.021 (95 %, 4 sizes from 256 to 2048): too short a range for the claim exactly n^2, which is judged from 6 sizes over a factor of 16. Sizes up to about 8200 would do.
	// consistent: Slope 1.9988 ± 0.0032 (95 %, 10 sizes from 256 to 131072), the claim is exactly n^2, with tolerance 0.05.
}

func ExampleJudge() {
	env := finegrain.NewEnv(context.Background(), 1)
	nearLinear := fit.Claimed{Exponent: 1, Logs: 1}
	for _, f := range []func(n float64) float64{
		func(n float64) float64 { return n * math.Log2(n) },
		func(n float64) float64 { return n * n },
	} {
		j, err := fit.Judge(env, nearLinear, counts(f), fit.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v: %s\n", j.Verdict.Outcome, j.Verdict.Because)
	}
	// Output:
	// consistent: Slope of y/log n 1 with no residual (95 %, 10 sizes from 64 to 32768), the claim is at most n log n, with tolerance 0.05. At 32768 the measurement is 1 times what n log n, fitted up to 4096, predicts.
	// refuted: Above a break at 724 (p = 0.001), slope of y/log n 1.8833 ± 0.0093 (95 %, 6 sizes from 1024 to 32768), the claim is at most n log n, with tolerance 0.05.
}
