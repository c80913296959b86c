package fit

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"finegrain"
	"pgregory.net/rapid"
)

func close(a, b, by float64) bool { return math.Abs(a-b) <= by }

func TestCollapse(t *testing.T) {
	got, err := Collapse([]Sample{{512, []float64{9, 1}}, {256, []float64{4, 1, 2, 100}}, {512, []float64{2}}}, Median)
	if want := []Point{{256, 3}, {512, 2}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v (%v), want %v", got, err, want)
	}
	got, err = Collapse([]Sample{{256, []float64{4, 100, 2}}}, slices.Max[[]float64])
	if err != nil || got[0].Y != 100 {
		t.Errorf("%v (%v)", got, err)
	}
	for says, s := range map[string]Sample{
		"no trial at size 3":      {3, nil},
		"size 3 with value 0":     {3, []float64{1, 0}},
		"size 3 with value NaN":   {3, []float64{math.NaN()}},
		"size -1 with value 2":    {-1, []float64{2}},
		"size 1e+200":             {1e200, []float64{2}},
		"size 3 with value +Inf:": {3, []float64{math.Inf(1)}},
	} {
		if _, err := Collapse([]Sample{s}, Median); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: error %v, want %q", s, err, says)
		}
	}
	if _, err := Collapse([]Sample{{3, []float64{1}}}, func([]float64) float64 { return 0 }); err == nil {
		t.Error("a collapse to zero passes")
	}
}

func TestErrors(t *testing.T) {
	env := finegrain.NewEnv(t.Context(), 1)
	good := curveOf(8, pow(2))
	fits := map[string]func([]Point) error{
		"Slope":       func(p []Point) error { _, err := Slope(p, .95); return err },
		"TheilSen":    func(p []Point) error { _, err := TheilSen(p, .95); return err },
		"Choose":      func(p []Point) error { _, err := Choose(p); return err },
		"Segmented":   func(p []Point) error { _, err := Segmented(env, p, .95); return err },
		"Extrapolate": func(p []Point) error { _, err := Extrapolate(p, FreePower(0), 1, .95); return err },
		"Judge":       func(p []Point) error { _, err := Judge(env, Claimed{}, p, Options{}); return err },
	}
	for name, fit := range fits {
		if err := fit(good); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for says, points := range map[string][]Point{
			"0 sizes":                       nil,
			"2 sizes":                       good[:2],
			"two measurements at size 64":   append(slices.Clone(good), good[0]),
			"two measurements at size 7":    {{7, 1}, {7, 2}, {7, 3}, {7, 4}, {7, 5}, {7, 6}},
			"size 5 with value -3":          append(slices.Clone(good), Point{5, -3}),
			"at most 2000 are fitted":       slices.Repeat(good, 300),
			"positive and finite":           append(slices.Clone(good), Point{math.Inf(1), 3}),
			"both must be positive and fin": append(slices.Clone(good), Point{math.NaN(), 3}),
		} {
			if err := fit(points); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s of %v: error %v, want %q", name, points[:min(9, len(points))], err, says)
			}
		}
	}
	for _, level := range []float64{0, 1, -1, math.NaN(), 95} {
		if _, err := Slope(good, level); err == nil {
			t.Errorf("level %g passes", level)
		}
	}
	if _, err := Slope([]Point{{1, 1}, {1 + 1e-14, 2}, {1000, 3}}, .95); err == nil || !strings.Contains(err.Error(), "rests on size 1000") {
		t.Errorf("error %v", err)
	}
	near := make([]Point, 8)
	for i := range near {
		near[i] = Point{1 + float64(i)*1e-14, float64(i + 1)}
	}
	if s, err := Segmented(env, near, .95); err == nil {
		t.Errorf("sizes next to each other give %v", s)
	}
	if _, err := TheilSen(good[:4], .95); err == nil || !strings.Contains(err.Error(), "4 sizes give no interval") {
		t.Errorf("error %v", err)
	}
	if _, err := Choose([]Point{{1, 1}, {2, 2}, {4, 4}, {8, 8}, {16, 16}}); err == nil || !strings.Contains(err.Error(), "n log n") {
		t.Errorf("error %v", err)
	}
	if _, err := Extrapolate(good, PowerLog(2, 0), 0, .95); err == nil {
		t.Error("nothing held out passes")
	}
	if _, err := Extrapolate(good, PowerLog(2, 0), 6, .95); err == nil || !strings.Contains(err.Error(), "2 sizes without the 6 held out") {
		t.Errorf("error %v", err)
	}
	long := make([]Point, 101)
	for i := range long {
		long[i] = Point{float64(i + 2), 1}
	}
	if _, err := Segmented(env, long, .95); err == nil {
		t.Error("101 sizes pass")
	}
}

// Exactly proportional counts have the exponent and no interval, and an order of the points does not matter.
func TestExactCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := float64(rapid.IntRange(0, 3).Draw(t, "exponent"))
		m := rapid.IntRange(6, 12).Draw(t, "sizes")
		factor := float64(rapid.IntRange(1, 1000).Draw(t, "factor"))
		points := curveOf(m, func(x float64) float64 { return factor * math.Pow(x, e) })
		points = rapid.Permutation(points).Draw(t, "order")
		for _, by := range []func([]Point, float64) (Estimate, error){Slope, TheilSen} {
			got, err := by(points, .95)
			if err != nil || !close(got.Slope, e, 1e-12) || !close(got.High, got.Low, 1e-12) || got.ResidualSD != 0 {
				t.Fatalf("%+v (%v), want %g", got, err, e)
			}
			if at := got.At(1000); !close(at/(factor*math.Pow(1000, e)), 1, 1e-9) {
				t.Fatalf("at 1000: %g", at)
			}
		}
		ch, err := Extrapolate(points, FreePower(0), 2, .95)
		if err != nil || !ch.Within() {
			t.Fatalf("%v (%v)", ch, err)
		}
		choice, err := Choose(points, append(Standard(), PowerLog(e, 0))...)
		if err != nil || choice[0].Model != PowerLog(e, 0) || len(choice.Plausible()) != 1 {
			t.Fatalf("%v (%v), want n^%g", choice, err, e)
		}
		s, err := Segmented(finegrain.NewEnv(context.Background(), 1), points, .95)
		if err != nil || s.P != 1 || s.F != 0 {
			t.Fatalf("%v (%v)", s, err)
		}
	})
}

// The jackknife by formula is that by leaving sizes out.
func TestJackknife(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	points := series(r, noises[1], 9, 2)
	e, err := Slope(points, .95)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i := range points {
		left, err := Slope(slices.Delete(slices.Clone(points), i, i+1), .95)
		if err != nil {
			t.Fatal(err)
		}
		sum += (left.Slope - e.Slope) * (left.Slope - e.Slope)
	}
	if want := 2.364624 * math.Sqrt(8./9*sum); !close(e.High-e.Slope, want, 1e-6*want) { // t_{0.975} with 7 degrees
		t.Errorf("half-width %g, by leaving out %g", e.High-e.Slope, want)
	}
}

// Kendall's distribution against all permutations, and its normal approximation against the exact one.
func TestKendallRank(t *testing.T) {
	for m := 2; m <= 7; m++ {
		count, total := map[int]int{}, 0
		var visit func(rest, seen []int)
		visit = func(rest, seen []int) {
			if len(rest) == 0 {
				inversions := 0
				for j := range seen {
					for i := range j {
						if seen[i] > seen[j] {
							inversions++
						}
					}
				}
				count[inversions]++
				total++
			}
			for i := range rest {
				visit(slices.Delete(slices.Clone(rest), i, i+1), append(slices.Clone(seen), rest[i]))
			}
		}
		all := make([]int, m)
		for i := range all {
			all[i] = i
		}
		visit(all, nil)
		for _, tail := range []float64{.005, .025, .05, .2} {
			want, below := 0, 0
			for want < m*(m-1)/4 && float64(below+count[want]) <= tail*float64(total) {
				below += count[want]
				want++
			}
			if got := kendallRank(m, tail); got != want {
				t.Errorf("%d sizes, tail %g: rank %d, by permutations %d", m, tail, got, want)
			}
		}
	}
	exact, near := kendallRank(exactKendall, .025), kendallRank(exactKendall+1, .025)
	if d := near - exact; d < 0 || d > 60 {
		t.Errorf("rank %d at %d sizes and %d at one more", exact, exactKendall, near)
	}
}

func TestTheilSenResists(t *testing.T) {
	points := curveOf(12, pow(2))
	points[10].Y *= 50
	points[11].Y *= 30
	robust, err := TheilSen(points, .95)
	if err != nil || !close(robust.Slope, 2, 1e-9) {
		t.Errorf("%v (%v)", robust, err)
	}
	if plain, err := Slope(points, .95); err != nil || plain.Slope < 2.2 {
		t.Errorf("%v (%v): the outliers were none", plain, err)
	}
}

// A mutant of the criterion: the same likelihood on y itself, whose best model is the one nearest at the largest
// size.
func linearScale(points []Point, m Model) float64 {
	c, err := logarithms(points, 5)
	if err != nil {
		panic(err)
	}
	f, err := m.fit(c)
	if err != nil {
		panic(err)
	}
	rss := 0.0
	for _, p := range points {
		d := p.Y - math.Exp(f.LogAt(p.X))
		rss += d * d
	}
	return float64(len(points))*math.Log(rss/float64(len(points))) + 2*float64(f.Parameters)
}

// Each model is found where it is the truth; a comparison of absolute residuals finds fewer.
func TestChoose(t *testing.T) {
	small := func(f func(x float64) float64) []Point {
		points := make([]Point, 10)
		for i := range points {
			points[i] = Point{float64(10 + 3*i), f(float64(10 + 3*i))}
		}
		return points
	}
	right, mutant, runs := 0, 0, 0
	for _, c := range []struct {
		name   string
		points []Point
	}{
		{"n", curveOf(10, pow(1))},
		{"n log n", curveOf(10, func(x float64) float64 { return x * math.Log(x) })},
		{"n^2", curveOf(10, pow(2))},
		{"n^c", curveOf(10, pow(1.5))},
		{"2^(cn)", small(func(x float64) float64 { return math.Exp2(.4 * x) })},
	} {
		r := rand.New(rand.NewPCG(1, 0))
		found := 0
		for range 200 {
			points := slices.Clone(c.points)
			for i := range points {
				points[i].Y *= math.Exp(.05 * r.NormFloat64())
			}
			choice, err := Choose(points)
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(choice.Plausible(), func(f Fitted) bool { return f.Name == c.name }) {
				found++
			}
			models := Standard()
			runs++
			if choice[0].Name == c.name {
				right++
			}
			if best := slices.MinFunc(models, func(a, b Model) int {
				return int(math.Copysign(1, linearScale(points, a)-linearScale(points, b)))
			}); best.Name == c.name {
				mutant++
			}
			sum := 0.0
			for _, f := range choice {
				sum += f.Weight
			}
			if !close(sum, 1, 1e-12) || choice[0].Delta != 0 {
				t.Fatalf("weights %v", choice)
			}
		}
		if found < 180 {
			t.Errorf("%s is plausible in %d of 200 of its own", c.name, found)
		}
	}
	t.Logf("best in %d of %d; on the linear scale in %d", right, runs, mutant)
	if right < runs*9/10 || mutant >= runs*9/10 {
		t.Errorf("best in %d of %d; on the linear scale in %d", right, runs, mutant)
	}
}

// Seconds and nanoseconds give the same choice, slope, break and miss.
func TestUnits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		points := series(r, noises[1], rapid.IntRange(6, 12).Draw(t, "sizes"), rapid.Float64Range(0, 3).Draw(t, "exponent"))
		other := slices.Clone(points)
		for i := range other {
			other[i].Y *= 1e-9
		}
		a, b := judge(t, Claimed{Exponent: 1}, points), judge(t, Claimed{Exponent: 1}, other)
		if a.Verdict.Outcome != b.Verdict.Outcome || !close(a.Slope.Low, b.Slope.Low, 1e-9) ||
			!close(a.Slope.ResidualSD, b.Slope.ResidualSD, 1e-9) || !close(a.Segments.Break, b.Segments.Break, 1e-6*a.Segments.Break) ||
			a.Segments.P != b.Segments.P {
			t.Fatalf("%+v\n%+v", a, b)
		}
		for i := range a.Choice {
			if a.Choice[i].Name != b.Choice[i].Name || !close(a.Choice[i].Weight, b.Choice[i].Weight, 1e-6) {
				t.Fatalf("%v\n%v", a.Choice, b.Choice)
			}
		}
		if x, y := a.Challenge.Predictions[0], b.Challenge.Predictions[0]; !close(x.Miss, y.Miss, 1e-6*x.Miss) {
			t.Fatalf("%v\n%v", x, y)
		}
	})
}

func TestSegmentedFindsBreak(t *testing.T) {
	env := finegrain.NewEnv(t.Context(), 1)
	for _, at := range []float64{300, 512, 1000, 2500} {
		s, err := Segmented(env, curveOf(10, func(x float64) float64 { return x * max(1, x/at) }), .95)
		if err != nil || !close(s.Break/at, 1, 1e-6) || !close(s.Below.Slope, 1, 1e-9) || !close(s.Above.Slope, 2, 1e-9) {
			t.Errorf("break at %g: %v (%v)", at, s, err)
		}
		if s.P != .001 || s.F < 1e6 {
			t.Errorf("break at %g: F = %g, p = %g", at, s.F, s.P)
		}
		if x := 4 * at; !close(s.Above.At(x), x*x/at, 1e-6*x*x/at) || !close(s.Below.At(at/3), at/3, 1e-6*at) {
			t.Errorf("break at %g: fitted %g at %g", at, s.Above.At(x), x)
		}
	}
	// A jump is no bend: the best continuous line is still found, and meets itself at the break.
	s, err := Segmented(env, curveOf(10, func(x float64) float64 {
		if x > 1000 {
			return 5 * x
		}
		return x
	}), .95)
	if err != nil || !close(s.Below.At(s.Break)/s.Above.At(s.Break), 1, 1e-9) {
		t.Errorf("%v (%v): %g and %g", s, err, s.Below.At(s.Break), s.Above.At(s.Break))
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Segmented(finegrain.NewEnv(cancelled, 1), curveOf(8, bent), .95); err == nil {
		t.Error("cancelled, and no error")
	}
}

// What is printed.
func TestStrings(t *testing.T) {
	e := Estimate{Slope: 2.0031, Low: 1.9990, High: 2.0072, Level: .95, Sizes: 8, From: 256, To: 32768}
	uneven := e
	uneven.High = 2.0172
	for _, c := range []struct{ got, want string }{
		{e.String(), "2.0031 ± 0.0041 (95 %, 8 sizes from 256 to 32768)"},
		{uneven.String(), "2.003, 1.999 to 2.017 (95 %, 8 sizes from 256 to 32768)"},
		{PowerLog(5./3, 0).Name, "n^1.6667"},
		{PowerLog(1, 2).Name, "n (log n)^2"},
		{PowerLog(0, 0).Name, "1"},
		{FreePower(1).Name, "n^c log n"},
		{Claimed{Exponent: 1, Logs: 1}.String(), "at most n log n"},
		{about(97001), "98000"},
		{about(97000), "97000"},
		{size(999.99999), "1000"},
		{size(.25), "0.25"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
