package attention

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

func trials(full int) int {
	if testing.Short() {
		return full / 2
	}
	return full
}

func TestMethodLaw(t *testing.T) {
	for _, m := range []Method{Exact, Streaming, Multiprecision} {
		report := VerifyMethod(testEnv(), m, trials(400))
		t.Log(m.Name, report.Notes, report.Sizes)
		if err := report.Err(); err != nil {
			t.Error(err)
		}
	}
}

func TestProblemLaw(t *testing.T) {
	report := finegrain.VerifyProblem(testEnv(), Problem, trials(400))
	if err := report.Err(); err != nil {
		t.Error(err)
	}
}

// around returns Streaming with its Run wrapped.
func around(wrap func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error)) Method {
	m := Streaming
	m.Run = wrap
	return m
}

// after returns Streaming with what it returns edited.
func after(edit func(env finegrain.Env, in Instance, out *Output, cost finegrain.Cost)) Method {
	return around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
		out, cost, err := Streaming.Run(env, in)
		if err == nil {
			edit(env, in, &out, cost)
		}
		return out, cost, err
	})
}

// before returns Streaming on an edited instance, with the bound and counts of the true one.
func before(edit func(in *Instance)) Method {
	return around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
		honest, cost, err := Streaming.Run(env, in)
		if err != nil {
			return honest, cost, err
		}
		edit(&in)
		in.Epsilon = 0
		out, _, err := Streaming.Run(env, in)
		out.Bound = honest.Bound
		return out, cost, err
	})
}

// naive computes the definition without the maximum, the sum split over as many strands as there are cores.
func naive(in Instance, strands int) *mat.Dense {
	n, _ := in.Q.Dims()
	_, dv := in.V.Dims()
	out := mat.NewDense(n, dv, nil)
	for i := range n {
		sums := make([]float64, strands)
		for j := in.Visible(i).From; j < in.Visible(i).To; j++ {
			weight := math.Exp(in.Scale * mat.Dot(in.Q.RowView(i), in.K.RowView(j)))
			sums[j%strands] += weight
			for c := range dv {
				out.Set(i, c, out.At(i, c)+weight*in.V.At(j, c))
			}
		}
		var sum float64
		for _, s := range sums {
			sum += s
		}
		for c := range dv {
			out.Set(i, c, out.At(i, c)/sum)
		}
	}
	return out
}

// Every mutant must break the law, else the law shows nothing.
func TestMethodLawKillsMutants(t *testing.T) {
	vacuous := Streaming
	vacuous.Guarantee.Error = func(r Regime) float64 { return 3 * r.MaxV }
	loose := around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
		most := 2 * in.Regime().MaxV
		if err := Streaming.Guarantee.Valid(in.Regime()); err != nil {
			return Output{}, nil, &OutsideRegime{nameStreaming, err}
		}
		if in.Epsilon > 0 && most > in.Epsilon {
			return Output{}, nil, &CannotPromise{Asked: in.Epsilon, Bound: most}
		}
		out, cost, err := Streaming.Run(env, in)
		out.Bound = most
		return out, cost, err
	})
	loose.Guarantee.Error = func(r Regime) float64 { return 2 * r.MaxV }
	everywhere := Streaming
	everywhere.Guarantee.Valid = func(Regime) error { return nil }
	untellable := around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
		out, cost, err := Streaming.Run(env, in)
		if err != nil && env.Err() == nil {
			err = errors.New("it did not work")
		}
		return out, cost, err
	})

	for _, m := range []struct {
		name   string
		mutant Method
		says   string // what the law objects to
	}{
		{"no maximum subtracted", after(func(_ finegrain.Env, in Instance, out *Output, _ finegrain.Cost) {
			out.Float = naive(in, 1)
		}), "the output is NaN"},
		{"last ragged tile skipped", before(func(in *Instance) {
			if m, d := in.K.Dims(); m > tileKeys {
				_, dv := in.V.Dims()
				whole := m / tileKeys * tileKeys
				in.K = in.K.Slice(0, whole, 0, d).(*mat.Dense)
				in.V = in.V.Slice(0, whole, 0, dv).(*mat.Dense)
			}
		}), "off, and the reported bound"},
		{"causal off by one", after(causalOffByOne), "off, and the reported bound"},
		{"scale forgotten", before(func(in *Instance) { in.Scale = 1 }), "off, and the reported bound"},
		{"values a little wrong", before(func(in *Instance) {
			in.V = mat.DenseCopyOf(in.V)
			in.V.Scale(1+0x1p-40, in.V)
		}), "off, and the reported bound"},
		{
			"bound zero",
			after(func(_ finegrain.Env, _ Instance, out *Output, _ finegrain.Cost) { out.Bound = 0 }),
			"off, and the reported bound",
		},
		{"bound half the error", after(halfTheError), "off, and the reported bound"},
		{
			"bound ten times as large",
			after(func(_ finegrain.Env, _ Instance, out *Output, _ finegrain.Cost) { out.Bound *= 10 }),
			"exceeds the declared",
		},
		{"bound declared vacuous", vacuous, "is vacuous"},
		{"bound reported vacuous", loose, "the bounds are vacuous"},
		{
			"bound not a number",
			after(func(_ finegrain.Env, _ Instance, out *Output, _ finegrain.Cost) { out.Bound = math.NaN() }),
			"exceeds the declared",
		},
		{"error asked ignored", around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
			in.Epsilon = 0
			return Streaming.Run(env, in)
		}), "exceeds the error asked"},
		{"promises half of what it can", around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
			out, cost, err := Streaming.Run(env, in)
			if weak := (*CannotPromise)(nil); errors.As(err, &weak) {
				weak.Bound /= 2
			}
			return out, cost, err
		}), "is refused"},
		{"refuses what it may do much better", around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
			out, cost, err := Streaming.Run(env, in)
			if err == nil && in.Epsilon > 10*out.Bound {
				err = &CannotPromise{Asked: in.Epsilon, Bound: out.Bound}
			}
			return out, cost, err
		}), "is refused"},
		{"everything in regime", everywhere, "inside its regime"},
		{"refusal without a type", untellable, "it must refuse with *OutsideRegime"},
		{"sum depends on cores", after(sumByCores), "a second run"},
		{
			"inner products miscounted",
			after(func(_ finegrain.Env, _ Instance, _ *Output, c finegrain.Cost) { c[finegrain.InnerProducts]++ }),
			"inner_products: counted",
		},
		{
			"multiply-adds miscounted",
			after(func(_ finegrain.Env, _ Instance, _ *Output, c finegrain.Cost) { c[finegrain.MultiplyAdds]-- }),
			"multiply_adds: counted",
		},
		{
			"memory beyond what is declared",
			after(func(_ finegrain.Env, _ Instance, _ *Output, c finegrain.Cost) { c[finegrain.Bytes] += 1 << 30 }),
			"bytes of working memory",
		},
		{"input modified", after(func(_ finegrain.Env, in Instance, _ *Output, _ finegrain.Cost) {
			in.K.Set(0, 0, in.K.At(0, 0)+1)
		}), "the input was modified"},
		{"stride ignored", before(func(in *Instance) {
			raw := in.Q.RawMatrix()
			if raw.Stride > raw.Cols {
				in.Q = mat.DenseCopyOf(in.Q)
				in.Q.Set(0, 0, 0)
			}
		}), "views with a stride"},
		{"deaf to cancellation", around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
			env.Context = background
			return Streaming.Run(env, in)
		}), "told to stop at look 1, it returned error <nil>"},
		{"looks once, at the start", around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
			if err := env.Err(); err != nil {
				return Output{}, nil, err
			}
			env.Context = background
			return Streaming.Run(env, in)
		}), "told to stop at look 2, it returned error <nil>"},
		{"works on after it is told", around(func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
			told := env.Context
			env.Context = heedless{told}
			out, cost, err := Streaming.Run(env, in)
			return out, cost, errors.Join(err, told.Err())
		}), "times more"},
		{
			"memory not counted",
			after(func(_ finegrain.Env, _ Instance, _ *Output, c finegrain.Cost) { delete(c, finegrain.Bytes) }),
			"does not count its bytes",
		},
		{"memory counted by cores", after(func(env finegrain.Env, _ Instance, _ *Output, c finegrain.Cost) {
			c[finegrain.Bytes] -= int64(env.Cores)
		}), "cores count"},
	} {
		report := VerifyMethod(testEnv(), m.mutant, 200)
		if !strings.Contains(strings.Join(report.Violations, "\n"), m.says) {
			t.Errorf("mutant %q: the law must object that %q; it found: %v", m.name, m.says, report.Err())
		}
	}
}

// TestMethodLawSeesMasks: a method that takes masks for others is found out.
func TestMethodLawSeesMasks(t *testing.T) {
	for name, edit := range map[string]func(in *Instance){
		"ranges that end a key early": func(in *Instance) {
			for i := range in.Ranges {
				if in.Ranges[i].Len() > 1 {
					in.Ranges[i].To--
				}
			}
		},
		"ranges that begin a key early": func(in *Instance) {
			for i := range in.Ranges {
				in.Ranges[i].From = max(0, in.Ranges[i].From-1)
			}
		},
		"ranges taken for all keys": func(in *Instance) { in.Ranges = nil },
		"ranges one query late": func(in *Instance) {
			for i := len(in.Ranges) - 1; i > 0; i-- {
				in.Ranges[i] = in.Ranges[i-1]
			}
		},
		"no causal mask": func(in *Instance) { in.Causal = false },
	} {
		mutant := Exact
		mutant.Run = func(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
			honest, cost, err := Exact.Run(env, in)
			if err != nil {
				return honest, cost, err
			}
			in = in.clone()
			edit(&in)
			in.Epsilon = 0
			out, _, err := Exact.Run(env, in)
			out.Bound = honest.Bound
			return out, cost, err
		}
		report := VerifyMethod(testEnv(), mutant, 60)
		if !strings.Contains(strings.Join(report.Violations, "\n"), "off, and the reported bound") {
			t.Errorf("mutant %q: %v", name, report.Err())
		}
	}
}

// heedless asks its context and does not listen.
type heedless struct{ context.Context }

func (h heedless) Err() error {
	_ = h.Context.Err()
	return nil
}

func halfTheError(env finegrain.Env, in Instance, out *Output, _ finegrain.Cost) {
	reference, err := Reference(env, in, nil, 200)
	if err != nil {
		panic(err)
	}
	distance, _ := Distance(*out, reference)
	out.Bound = distance / 2
}

// causalOffByOne lets query i see the key i+1.
func causalOffByOne(env finegrain.Env, in Instance, out *Output, _ finegrain.Cost) {
	if !in.Causal {
		return
	}
	n, d := in.Q.Dims()
	later := mat.NewDense(n+1, d, nil)
	later.Slice(1, n+1, 0, d).(*mat.Dense).Copy(in.Q)
	in.Q, in.Epsilon = later, 0
	shifted, _, err := Streaming.Run(env, in)
	if err != nil {
		panic(err)
	}
	_, dv := out.Dims()
	out.Float = shifted.Float.Slice(1, n+1, 0, dv).(*mat.Dense)
}

func sumByCores(env finegrain.Env, in Instance, out *Output, _ finegrain.Cost) {
	if in.Regime().Score() < 100 && in.Regime().MaxV < 1e100 {
		out.Float = naive(in, env.Workers())
	}
}

// The law must also be killed by broken problems' parts: adversaries and wrong oracles.
func TestProblemLawKillsMutants(t *testing.T) {
	tooFar := Problem
	adversary := Problem.Check
	tooFar.Check = func(in Instance, out Output) error { // an ε that is smaller than the adversaries use
		in.Epsilon *= 1 - 0x1p-10
		return adversary(in, out)
	}
	lax := Problem
	lax.Check = func(in Instance, out Output) error { return wellFormed(in, out) }
	sloppy := Problem
	sloppy.Solve = func(env finegrain.Env, in Instance) (Output, error) {
		out, err := Problem.Solve(env, in)
		if err == nil {
			out.Big[0][0].Add(out.Big[0][0], out.At(0, 0).SetFloat64(1.01*in.Epsilon))
		}
		return out, err
	}
	for name, mutant := range map[string]finegrain.Problem[Instance, Output]{
		"check with a smaller error": tooFar, "check of the shape only": lax, "definition 1.01ε off": sloppy,
	} {
		if finegrain.VerifyProblem(testEnv(), mutant, 100).Err() == nil {
			t.Errorf("mutant %q passes the law", name)
		}
	}
}
