package reductions

import (
	"errors"
	"fmt"
	"iter"
	"math/big"

	"finegrain"
)

// Kind is how a reduction uses its oracle.
type Kind int

const (
	ManyOne    Kind = iota // one call
	TruthTable             // several calls, all fixed before the first answer
)

// String returns the field's name for the kind.
func (k Kind) String() string {
	if k == ManyOne {
		return "many-one"
	}
	return "truth-table"
}

// Group is a number of consecutive oracle calls on instances of one size.
type Group struct {
	Calls *big.Int
	Size  finegrain.Size
}

// Queries lists the calls of a plan in order.
type Queries []Group

// Total is the number of calls.
func (q Queries) Total() *big.Int {
	total := new(big.Int)
	for _, g := range q {
		total.Add(total, g.Calls)
	}
	return total
}

// Count is Total as an int. It panics if there are more calls than could ever be listed.
func (q Queries) Count() int {
	total := q.Total()
	if !total.IsInt64() {
		panic(fmt.Sprintf("reductions: a plan of %v calls cannot be listed", total))
	}
	return int(total.Int64())
}

// Within returns nil if there are no more calls than the bound allows and none is larger than its size.
func (q Queries) Within(bound Group) error {
	if total := q.Total(); total.Cmp(bound.Calls) > 0 {
		return fmt.Errorf("%v calls exceed the bound of %v", total, bound.Calls)
	}
	for _, g := range q {
		if err := g.Size.Within(bound.Size); err != nil {
			return fmt.Errorf("a query is too large: %w", err)
		}
	}
	return nil
}

// Reader turns the oracle's answers into the answer.
//
// Next is the index of the next query whose answer can still matter, which never falls, or at least the
// number of queries when none can. Take is given the answer to that query. Answer is called when nothing
// more can matter.
type Reader[B, A any] interface {
	Next() int
	Take(answer B) error
	Answer() (A, error)
}

// Plan is a non-adaptive reduction of one instance: every query is fixed before the first answer. T and
// B are instances and answers of the target problem, A answers of the source problem.
type Plan[T, B, A any] struct {
	Queries Queries             // the number and the sizes of the calls: exact
	Each    iter.Seq2[int, T]   // the queries with their indices: lazy, and the same each time
	Reader  func() Reader[B, A] // a fresh reader
}

// Reduction is an oracle algorithm, as in the definition of a fine-grained reduction: it answers
// instances of From by asking instances of To.
type Reduction[S, A, T, B any] struct {
	Name   string
	Doc    string // the construction in one or two sentences
	Source finegrain.Source
	From   finegrain.Problem[S, A]
	To     finegrain.Problem[T, B]
	Kind   Kind

	// Bound is an upper bound from the size alone on the number of calls and on the size of each. It grows
	// with every parameter.
	Bound func(finegrain.Size) Group
	// Growth is the same bound as data, for the calculus of exponents; it is tested against Bound.
	Growth Growth
	// Fail bounds the probability of a wrong answer, for every instance of the size, over the randomness of
	// the reduction; nil: deterministic. It falls with no parameter, so that it bounds smaller instances
	// too. OneSided: a yes is never wrong.
	Fail     func(finegrain.Size) float64
	OneSided bool

	// Plan reduces one instance. It may ask the oracle what it can reach, never for an answer.
	Plan func(finegrain.Env, S, finegrain.Oracle[T, B]) (Plan[T, B, A], error)

	composed bool // Plan announces the steps of its parts itself
}

// Misuse of an oracle's promise, by either side.
var (
	// ErrTooWeak: the oracle does not promise what the reduction needs.
	ErrTooWeak = errors.New("the oracle is too weak")
	// ErrBrokenPromise: an answer was given that no correct oracle gives. It is a refusal: the reduction
	// noticed, and no answer is returned.
	ErrBrokenPromise = errors.New("the oracle's answer breaks its promise")
)

// plan is Plan, announced to env as a step.
func (r Reduction[S, A, T, B]) plan(env finegrain.Env, s S, oracle finegrain.Oracle[T, B]) (Plan[T, B, A], error) {
	env = env.Sub(r.Name)
	if !r.composed {
		defer env.Step(r.Name, r.From.Size(s))()
	}
	return r.Plan(env, s, oracle)
}

// Run reduces the instance, asks the oracle, and returns the answer. The error wraps ErrTooWeak if the
// oracle does not reach a query, ErrBrokenPromise if an answer is impossible, or env's error if stopped.
func (r Reduction[S, A, T, B]) Run(env finegrain.Env, s S, oracle finegrain.Oracle[T, B]) (A, error) {
	var none A
	if err := r.From.MeetsPromise(s); err != nil {
		return none, err
	}
	plan, err := r.plan(env, s, oracle)
	if err != nil {
		return none, err
	}
	total := plan.Queries.Count()
	answer, err := plan.drive(func(i int, query T, read func(B) error) error {
		if err := env.Err(); err != nil {
			return err
		}
		if err := oracle.Promises(query); err != nil {
			return fmt.Errorf("%w: %s, call %d of %d: %w", ErrTooWeak, oracle.Name, i+1, total, err)
		}
		env.Report(i, total, oracle.Name)
		end := env.Step(oracle.Name, r.To.Size(query))
		answer, err := oracle.Ask(env.Sub(fmt.Sprintf("call %d", i)), query)
		end()
		if err != nil {
			return fmt.Errorf("%s, call %d of %d: %w", oracle.Name, i+1, total, err)
		}
		defer env.Step(ReadOff, r.To.Size(query))()
		return read(answer)
	})
	if err == nil {
		env.Report(total, total, oracle.Name)
	}
	return answer, err
}

// drive goes through the queries that matter, in order. For each it calls ask, which is to pass an
// answer to read and to return the first error.
func (p Plan[T, B, A]) drive(ask func(i int, query T, read func(B) error) error) (A, error) {
	var none A
	total, reader := p.Queries.Count(), p.Reader()
	for i, query := range p.Each {
		next := reader.Next()
		if next >= total {
			break
		}
		if i < next {
			continue
		}
		if err := ask(i, query, reader.Take); err != nil {
			return none, err
		}
	}
	if next := reader.Next(); next < total {
		return none, fmt.Errorf("reductions: the plan states %d queries and lists no query %d", total, next)
	}
	return reader.Answer()
}

// ReadOff is the name of the step in which an oracle's answer is turned into an answer.
const ReadOff = "read off"
