package claims

// What a lower bound rests on (derived here). A fast algorithm for a problem gives, by each chain of reductions that
// ends in it, a fast algorithm for the problem that the chain starts from; where that contradicts a hypothesis, the
// lower bound follows from the hypothesis. So support is computed, never written down: it is the hypotheses from
// which a walk along declared reductions leads to the problem, the calculus of exponents (package reductions) saying
// whether what would be obtained is fast enough to contradict them.
//
// If G implies a supporting H, then G supports too. An implication counts if the reductions that carry it are
// declared; one that is cited or argued without reductions counts as it is.

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"finegrain/hypotheses"
	"finegrain/reductions"
)

// Hardness is what a lower bound follows by. The bound says that the problem needs time N^{2−o(1)} for lists of N rows
// together, with the entries and to the error of the queries that the last reduction makes, at a dimension which is
// that of the hypotheses named:
//
//	Logarithmic   no algorithm of time N^{2−δ}, δ > 0, serves d = c·log N for every c
//	Moderate      no algorithm of time N^{2−δ}·poly(d), δ > 0, serves all d
//	Polynomial    no algorithm of time T_MUL(N,d,N)^{1−δ}, δ > 0, serves d = poly(N)
//
// One in moderate dimension is implied by one in low dimension; so the bound is in moderate dimension if a
// hypothesis named is, and in low dimension if all that are named are, or have no dimension.
type Hardness struct {
	Problem    string   // as reductions name it
	Reductions []string // names of declared reductions; the walk uses no others
	Hypotheses []string // keys; the walk must find each, and may find more
}

// dimension is that of the bound. The error says which names are no hypotheses, or do not fit together.
func (h Hardness) dimension(theory hypotheses.Theory) (hypotheses.Dimension, error) {
	var named []hypotheses.Dimension
	for _, key := range h.Hypotheses {
		i := slices.Index(theory.Keys(), hypotheses.Key(key))
		if i < 0 {
			return 0, fmt.Errorf("there is no hypothesis %q; there are %q", key, theory.Keys())
		}
		if d := theory.Hypotheses[i].Dimension; d != hypotheses.NoDimension {
			named = append(named, d)
		}
	}
	switch high := slices.Contains(named, hypotheses.Polynomial); {
	case len(h.Hypotheses) == 0:
		return 0, errors.New("a lower bound must name a hypothesis")
	case high && slices.ContainsFunc(named, func(d hypotheses.Dimension) bool { return d != hypotheses.Polynomial }):
		return 0, fmt.Errorf("no lower bound rests both on high and on lower dimension, as %q do", h.Hypotheses)
	case high:
		return hypotheses.Polynomial, nil
	case slices.Contains(named, hypotheses.Moderate):
		return hypotheses.Moderate, nil
	}
	return hypotheses.Logarithmic, nil
}

// quadratic is the exponent below which an algorithm contradicts a Hardness.
const quadratic = 2

// Support is a hypothesis that a lower bound follows from, with the steps by which it does: implications that lead
// from it to a hypothesis, and reductions that lead from that one's problem to the bound's.
type Support struct {
	Key        hypotheses.Key
	Implies    []hypotheses.Implication
	Reductions []string
}

// String writes the chain: "3OV, by 3OV ⇒ MDOVC (derived here), then interpolation route (decision)".
func (s Support) String() string {
	var steps []string
	for _, i := range s.Implies {
		steps = append(steps, i.String())
	}
	if len(s.Reductions) > 0 {
		steps = append(steps, strings.Join(s.Reductions, " → "))
	}
	if steps == nil {
		return fmt.Sprintf("%s, as it stands", s.Key)
	}
	return fmt.Sprintf("%s, by %s", s.Key, strings.Join(steps, ", then "))
}

// SupportOf returns what the lower bound rests on, in the order of the theory's hypotheses: every chain of reductions
// by which a hypothesis supports it without another, and otherwise one shortest chain of implications to one that
// does. declared are the reductions there are.
//
// The error names every reduction of the bound that is not declared, and every hypothesis that it names and the walk
// does not find. What is returned beside it is supported all the same, by the other reductions.
func SupportOf(h Hardness, declared []reductions.Description, theory hypotheses.Theory) ([]Support, error) {
	dimension, err := h.dimension(theory)
	if err != nil {
		return nil, err
	}
	var problems []error
	var usable []reductions.Description
	for _, name := range h.Reductions {
		i := slices.IndexFunc(declared, func(d reductions.Description) bool { return d.Name == name })
		if i < 0 {
			problems = append(problems, fmt.Errorf("the lower bound on %s rests on %q, which is no declared reduction",
				h.Problem, name))
			continue
		}
		usable = append(usable, declared[i])
	}
	chains := chainsTo(h.Problem, usable, nil)

	direct := map[hypotheses.Key][]Support{}
	for _, hypothesis := range theory.Hypotheses {
		for _, chain := range chains {
			if follows(h.Problem, dimension, hypothesis, chain) {
				support := Support{Key: hypothesis.Key}
				for _, step := range chain {
					support.Reductions = append(support.Reductions, step.Name)
				}
				direct[hypothesis.Key] = append(direct[hypothesis.Key], support)
			}
		}
	}

	carried := hypotheses.Theory{Hypotheses: theory.Hypotheses}
	for _, i := range theory.Implications {
		if !slices.ContainsFunc(i.Reductions, func(name string) bool {
			return !slices.ContainsFunc(declared, func(d reductions.Description) bool { return d.Name == name })
		}) {
			carried.Implications = append(carried.Implications, i)
		}
	}
	var all []Support
	for _, hypothesis := range theory.Hypotheses {
		supports := direct[hypothesis.Key]
		if supports == nil {
			supports = implied(hypothesis.Key, carried, direct)
		}
		if supports == nil && slices.Contains(h.Hypotheses, string(hypothesis.Key)) {
			problems = append(problems, fmt.Errorf("the lower bound on %s names %s, from which its reductions do not lead to it",
				h.Problem, hypothesis.Key))
		}
		all = append(all, supports...)
	}
	return all, errors.Join(problems...)
}

// chainsTo lists the chains of reductions that end in the problem, the empty one first. No chain visits a problem
// twice, so there are finitely many. seen are the problems that come later.
func chainsTo(problem string, usable []reductions.Description, seen []string) [][]reductions.Description {
	seen = append(slices.Clip(seen), problem)
	chains := [][]reductions.Description{nil}
	for _, last := range usable {
		if last.To != problem || slices.Contains(seen, last.From) {
			continue
		}
		for _, chain := range chainsTo(last.From, usable, seen) {
			chains = append(chains, append(slices.Clip(chain), last))
		}
	}
	return chains
}

// follows reports whether the hypothesis implies the bound on the problem at the dimension by the chain.
func follows(problem string, dimension hypotheses.Dimension, hypothesis hypotheses.Hypothesis,
	chain []reductions.Description,
) bool {
	if len(chain) == 0 {
		// The bound is the hypothesis, or less than it: what refutes the bound in moderate dimension serves low
		// dimension as well.
		exponent := hypothesis.Exponent == quadratic || hypothesis.Dimension == hypotheses.Polynomial
		low := hypothesis.Dimension == hypotheses.Logarithmic && dimension == hypotheses.Moderate
		same := hypothesis.Concerns == reductions.Family(problem)
		return same && exponent && (hypothesis.Dimension == dimension || low)
	}
	if hypothesis.Concerns != reductions.Family(chain[0].From) {
		return false
	}
	whole := reductions.Chain(chain...)
	if hypothesis.Dimension == hypotheses.Polynomial || dimension == hypotheses.Polynomial {
		// Multiplying matrices larger by a constant factor takes longer by a constant factor.
		return hypothesis.Dimension == dimension && whole.KeepsSize()
	}
	transfer, err := whole.Transfer(reductions.Below(quadratic))
	if err != nil {
		return false
	}
	if when, ok := transfer.Contradicts(hypothesis); !ok || when != "always" && when != "δ > 0" {
		return false
	}
	switch dimension {
	case hypotheses.Moderate:
		// poly(d) of a query is poly(d) of the vectors, or of n: a factor that every hypothesis suppresses.
		return true
	case hypotheses.Logarithmic:
		// Queries must have d = O(log N): from vectors of as low a dimension, or from sparse formulas.
		return hypothesis.Dimension != hypotheses.Moderate && transfer.Dimension.Cmp(big.NewRat(1, 1)) <= 0
	}
	return false
}

// implied returns the supports of the key by a shortest chain of implications to a hypothesis with direct ones.
func implied(key hypotheses.Key, theory hypotheses.Theory, direct map[hypotheses.Key][]Support) []Support {
	chains := map[hypotheses.Key][]hypotheses.Implication{key: nil}
	for queue := []hypotheses.Key{key}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if found := direct[at]; found != nil {
			all := slices.Clone(found)
			for i := range all {
				all[i].Key, all[i].Implies = key, chains[at]
			}
			return all
		}
		for _, i := range theory.Implications {
			if _, seen := chains[i.To]; i.From == at && !seen {
				chains[i.To] = append(slices.Clip(chains[at]), i)
				queue = append(queue, i.To)
			}
		}
	}
	return nil
}

// Support returns what the claim rests on; nothing if it has no Hardness, since it then holds whatever becomes of a
// hypothesis. The error says that a lower bound rests on what is not declared, or on nothing.
func (c Claim) Support() ([]Support, error) {
	if c.Hardness == nil {
		return nil, nil
	}
	all, err := SupportOf(*c.Hardness, descriptions(), hypotheses.Known())
	if err == nil && len(all) == 0 {
		err = errors.New("by the reductions that it names it follows from no hypothesis")
	}
	if err != nil {
		return nil, fmt.Errorf("claims: %s: %w", c.ID, err)
	}
	return all, nil
}

func descriptions() []reductions.Description {
	var all []reductions.Description
	for _, r := range reductions.All() {
		all = append(all, r.Describe())
	}
	return all
}
