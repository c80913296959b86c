package fit

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"finegrain"
	"pgregory.net/rapid"
)

// curveOf is m sizes from 64, doubling, of f.
func curveOf(m int, f func(x float64) float64) []Point {
	points := make([]Point, m)
	for i := range points {
		x := math.Ldexp(64, i)
		points[i] = Point{x, f(x)}
	}
	return points
}

func judge(t rapid.TB, c Claimed, points []Point) Judgement {
	t.Helper()
	j, err := Judge(finegrain.NewEnv(context.Background(), 1), c, points, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func pow(e float64) func(float64) float64 { return func(x float64) float64 { return math.Pow(x, e) } }

func bent(x float64) float64 { return max(x, x*x/1000) }

// Each with no noise, as counts, and with each kind of it.
var judged = []struct {
	name    string
	claim   Claimed
	y       func(x float64) float64
	outcome finegrain.Outcome
	noisy   bool // also certain under noise
}{
	{"n^2 as n^2", Claimed{Exponent: 2}, pow(2), finegrain.Consistent, false},
	{"n^2 as exactly n^2", Claimed{Relation: Equal, Exponent: 2}, pow(2), finegrain.Consistent, false},
	{"n^2.2 labelled n^2", Claimed{Exponent: 2}, pow(2.2), finegrain.Refuted, true},
	{"n^1.8 labelled exactly n^2", Claimed{Relation: Equal, Exponent: 2}, pow(1.8), finegrain.Refuted, false},
	{"n^1.8 as at most n^2", Claimed{Exponent: 2}, pow(1.8), finegrain.Consistent, false},
	{"n^2 labelled n log n", Claimed{Exponent: 1, Logs: 1}, pow(2), finegrain.Refuted, true},
	{"bent, labelled n", Claimed{Exponent: 1}, bent, finegrain.Refuted, true},
	{"bent, labelled n log n", Claimed{Exponent: 1, Logs: 1}, bent, finegrain.Refuted, true},
	{"bent, as n^2: it may rise further", Claimed{Exponent: 2}, bent, finegrain.Undecided, false},
	{"n^2 below, n above, as n", Claimed{Exponent: 1}, func(x float64) float64 { return min(x*x/1000, x) }, finegrain.Consistent, false},
	{"n log n as n log n", Claimed{Exponent: 1, Logs: 1}, func(x float64) float64 { return x * math.Log(x) }, finegrain.Consistent, false},
	{"n as n log n", Claimed{Exponent: 1, Logs: 1}, pow(1), finegrain.Consistent, false},
	{"n log n labelled n", Claimed{Exponent: 1}, func(x float64) float64 { return x * math.Log(x) }, finegrain.Refuted, false},
	{"n(n−1)/2 as exactly n^2", Claimed{Relation: Equal, Exponent: 2}, func(x float64) float64 { return x * (x - 1) / 2 }, finegrain.Consistent, false},
	{"n² + n as n^2", Claimed{Exponent: 2}, func(x float64) float64 { return x*x + x }, finegrain.Consistent, false},
	{"n^(2−1/3) as itself", Claimed{Relation: Equal, Exponent: 2 - 1./3}, pow(2 - 1./3), finegrain.Consistent, false},
	{"exponential as n^3", Claimed{Exponent: 3}, func(x float64) float64 { return math.Exp2(x / 100) }, finegrain.Refuted, true},
	{"slope settling from 2 to 1, as n", Claimed{Exponent: 1}, func(x float64) float64 { return x * x / (x + 300) }, finegrain.Undecided, false},
}

func TestJudge(t *testing.T) {
	for _, c := range judged {
		j := judge(t, c.claim, curveOf(10, c.y))
		t.Logf("%s: %v: %s", c.name, j.Verdict.Outcome, j.Verdict.Because)
		if j.Verdict.Outcome != c.outcome {
			t.Errorf("%s: %v, want %v: %s\n%v\n%v", c.name, j.Verdict.Outcome, c.outcome, j.Verdict.Because, j.Segments, j.Choice)
		}
	}
}

// A true claim is hardly ever refuted under noise, and a false one hardly ever called consistent.
func TestJudgeUnderNoise(t *testing.T) {
	runs := 40
	if testing.Short() {
		runs = 20
	}
	for _, n := range noises {
		for _, c := range judged {
			r := rand.New(rand.NewPCG(1, 0))
			seen := map[finegrain.Outcome]int{}
			for range runs {
				e := n.draw(r, 10)
				points := curveOf(10, c.y)
				for i := range points {
					points[i].Y *= math.Exp(e[i])
				}
				seen[judge(t, c.claim, points).Verdict.Outcome]++
			}
			t.Logf("%-28s %-32s %v", n.name, c.name, seen)
			wrong := finegrain.Refuted
			if c.outcome == finegrain.Refuted {
				wrong = finegrain.Consistent
			}
			if seen[wrong] > runs/10 || c.noisy && seen[c.outcome] < runs*9/10 {
				t.Errorf("%s, %s: %v", n.name, c.name, seen)
			}
		}
	}
}

// The outcomes of the rule itself, by intervals around a claim of 2.
func TestJudgeExponent(t *testing.T) {
	e := func(slope, half float64) Estimate {
		return Estimate{
			Slope: slope, Low: slope - half, High: slope + half, Level: .95, ResidualSD: .05, Sizes: 8, From: 256, To: 32768,
		}
	}
	few, narrow := e(2, .001), e(2, .001)
	few.Sizes, narrow.To = 4, 1024
	for _, c := range []struct {
		relation Relation
		estimate Estimate
		want     finegrain.Outcome
		says     string
	}{
		{AtMost, e(2.003, .004), finegrain.Consistent, "Slope 2.0030 ± 0.0040 (95 %, 8 sizes from 256 to 32768), the claim is at most n^2, with tolerance 0.05."},
		{AtMost, e(1.5, .3), finegrain.Consistent, ""},
		{AtMost, e(2.2, .1), finegrain.Refuted, ""},
		{AtMost, e(2, .1), finegrain.Undecided, "the interval reaches across 2.05. Sizes up to about 530000 would decide"},
		{AtMost, e(2.05, .1), finegrain.Undecided, "No range of sizes within reach would decide"},
		{AtMost, few, finegrain.Undecided, "too short a range"},
		{AtMost, narrow, finegrain.Undecided, "Sizes up to about 4100 would do"},
		{Equal, e(2, .04), finegrain.Consistent, "exactly n^2"},
		{Equal, e(1.9, .04), finegrain.Refuted, ""},
		{Equal, e(1.9, .06), finegrain.Undecided, "the interval reaches across 1.95"},
		{Equal, e(2, 1), finegrain.Undecided, ""},
	} {
		v := JudgeExponent(Claimed{Relation: c.relation, Exponent: 2}, c.estimate, Demands{})
		if v.Outcome != c.want || !strings.Contains(v.Because, c.says) {
			t.Errorf("%v of %v: %v: %s; want %v, %q", c.relation, c.estimate, v.Outcome, v.Because, c.want, c.says)
		}
	}
}

// The size that an undecided verdict names decides, more often than not, when the range is extended to it.
func TestDecidingSizeDecides(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	undecided, decided := 0, 0
	for range 1000 {
		points := series(r, noises[0], 6, 2)
		e, err := Slope(points, .95)
		if err != nil {
			t.Fatal(err)
		}
		claim := Claimed{Relation: Equal, Exponent: 2}
		if JudgeExponent(claim, e, Demands{}).Outcome != finegrain.Undecided {
			continue
		}
		to, ok := decidingSize(e, math.Abs(math.Abs(e.Slope-2)-.05))
		if !ok {
			continue
		}
		undecided++
		for x := 2 * e.To; x <= to*1.001; x *= 2 {
			points = append(points, Point{x, math.Exp(2*math.Log(x) + .05*r.NormFloat64())})
		}
		if e, err = Slope(points, .95); err != nil {
			t.Fatal(err)
		}
		if JudgeExponent(claim, e, Demands{}).Outcome == finegrain.Consistent {
			decided++
		}
	}
	t.Logf("%d of %d were decided at the size named", decided, undecided)
	if undecided < 100 || decided < undecided/2 {
		t.Errorf("%d of %d were decided at the size named", decided, undecided)
	}
}

// A model as good as the best withholds support, and so does a short range.
func TestJudgeWithholds(t *testing.T) {
	points := curveOf(10, pow(1))
	short := judge(t, Claimed{Exponent: 1}, points[:4])
	if short.Verdict.Outcome != finegrain.Undecided || short.Choice != nil || short.Challenge != nil {
		t.Errorf("4 sizes: %+v", short)
	}
	j := Judgement{Claimed: Claimed{Exponent: 1}, Slope: Estimate{To: 1024}}
	plausible := func(m Model, c float64) Fitted { return Fitted{Model: m, C: c, Delta: 1} }
	for _, f := range []struct {
		of   Fitted
		beat bool
	}{
		{plausible(PowerLog(1, 0), 0), false},
		{plausible(PowerLog(1, 1), 0), true},
		{plausible(PowerLog(.5, 3), 0), false},
		{plausible(FreePower(0), 1.04), false},
		{plausible(FreePower(0), 1.06), true},
		{plausible(Exponential(), 1e-5), false},
		{plausible(Exponential(), .01), true},
	} {
		j.Choice = Choice{f.of}
		if got := j.rivals() != nil; got != f.beat {
			t.Errorf("%s with c = %g breaks the claim n: %v", f.of.Name, f.of.C, got)
		}
	}
	j.edges = []Challenge{{Predictions: []Prediction{{Measured: 2, Low: .5, High: 1.5}}}}
	if j.missed() == nil {
		t.Error("a measurement above what the claim permits is not noticed")
	}
	j.edges = []Challenge{{Predictions: []Prediction{{Measured: .2, Low: .5, High: 1.5}}}}
	if j.missed() != nil {
		t.Error("a measurement below an upper bound is held against it")
	}
}

func TestMisuse(t *testing.T) {
	for name, f := range map[string]func(){
		"an estimate without the claim's logarithm": func() {
			e, err := Slope(curveOf(8, pow(1)), .95)
			if err != nil {
				t.Fatal(err)
			}
			JudgeExponent(Claimed{Exponent: 1, Logs: 1}, e, Demands{})
		},
		"negative tolerance": func() { Claimed{Tolerance: -1}.tolerance() },
		"relation":           func() { Claimed{Relation: 7}.tolerance() },
		"model NaN":          func() { PowerLog(math.NaN(), 0) },
		"model zero":         func() { _, _ = Choose(curveOf(8, pow(1)), Model{}) },
		"median of nothing":  func() { Median(nil) },
	} {
		func() {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.HasPrefix(r, "fit: ") {
					t.Errorf("%s: recovered %v", name, r)
				}
			}()
			f()
		}()
	}
}

// Whatever the points, there is a verdict with a reason or an error, and a change of the unit of y changes no
// outcome.
func TestJudgeIsTotalAndKnowsNoUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := make([]Point, rapid.IntRange(0, 14).Draw(t, "sizes"))
		for i := range points {
			points[i] = Point{
				rapid.Float64().Draw(t, "x"),
				rapid.Float64().Draw(t, "y"),
			}
			if rapid.IntRange(0, 19).Draw(t, "wild") > 0 {
				points[i] = Point{
					math.Exp(rapid.Float64Range(0, 20).Draw(t, "ln x")), math.Exp(rapid.Float64Range(-20, 20).Draw(t, "ln y")),
				}
			}
		}
		claim := Claimed{
			Relation: rapid.SampledFrom([]Relation{AtMost, Equal}).Draw(t, "relation"),
			Exponent: rapid.Float64Range(-1, 3).Draw(t, "exponent"), Logs: rapid.SampledFrom([]float64{0, 1}).Draw(t, "logs"),
		}
		env := finegrain.NewEnv(context.Background(), 1)
		j, err := Judge(env, claim, points, Options{})
		if err != nil {
			return
		}
		if j.Verdict.Because == "" || j.Verdict.Outcome == finegrain.Unmeasured {
			t.Fatalf("%v: %+v", points, j.Verdict)
		}
		for _, v := range []float64{j.Slope.Slope, j.Slope.Low, j.Slope.High, j.Slope.ResidualSD} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%v: %+v", points, j.Slope)
			}
		}
		for i := range points {
			points[i].Y *= 0x1p-30
		}
		k, err := Judge(env, claim, points, Options{})
		if err != nil || k.Verdict.Outcome != j.Verdict.Outcome {
			t.Fatalf("in another unit %v (%v), not %v", k.Verdict, err, j.Verdict)
		}
	})
}
