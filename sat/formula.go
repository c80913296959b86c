package sat

// A formula in conjunctive normal form, and what it means to satisfy it. Everything else in the package
// answers to CheckModel.

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"finegrain"
)

// Literal is a variable v ≥ 1 as +v, or its negation as −v.
type Literal int32

// Variable returns the literal's variable.
func (l Literal) Variable() int {
	if l < 0 {
		return -int(l)
	}
	return int(l)
}

// Formula is a conjunction of clauses over the variables 1 to Variables.
type Formula struct {
	Variables int
	Clauses   [][]Literal
}

// Validate returns nil if the number of variables is between 0 and 2³¹−1 and every literal is of one of
// them, and else says which is not.
func (f Formula) Validate() error { return f.validate(tireless) }

// validate is Validate, and returns nil once stopped says so of the literals looked at.
func (f Formula) validate(stopped func(literals int) bool) error {
	if f.Variables < 0 || f.Variables > math.MaxInt32 {
		return fmt.Errorf("sat: a formula cannot have %d variables; from 0 to %d are possible", f.Variables, math.MaxInt32)
	}
	for i, clause := range f.Clauses {
		if stopped(1 + len(clause)) {
			return nil
		}
		for _, l := range clause {
			if l == 0 || l.Variable() > f.Variables {
				return fmt.Errorf("sat: clause %d has the literal %d; a formula of %d variables has ±1 to ±%[3]d",
					i+1, l, f.Variables)
			}
		}
	}
	return nil
}

// Size returns the formula's size: n variables, used or not, and m clauses.
func (f Formula) Size() finegrain.Size {
	return finegrain.Size{}.WithInt("n", f.Variables).WithInt("m", len(f.Clauses))
}

// Equal reports whether f and g have the same variables and the same clauses in the same order.
func (f Formula) Equal(g Formula) bool {
	return f.Variables == g.Variables && slices.EqualFunc(f.Clauses, g.Clauses, slices.Equal[[]Literal])
}

// Used returns the variables that occur in some clause, ascending.
func (f Formula) Used() []int { return f.used(tireless) }

// used is Used, and returns anything once stopped says so of the literals looked at.
func (f Formula) used(stopped func(literals int) bool) []int {
	occurs := make([]uint64, f.Variables/64+1)
	count := 0
	for _, clause := range f.Clauses {
		if stopped(1 + len(clause)) {
			return nil
		}
		for _, l := range clause {
			v := l.Variable()
			if bit := uint64(1) << (v % 64); occurs[v/64]&bit == 0 {
				occurs[v/64] |= bit
				count++
			}
		}
	}
	used := make([]int, 0, count)
	for i, word := range occurs {
		for ; word != 0; word &= word - 1 {
			used = append(used, 64*i+bits.TrailingZeros64(word))
		}
	}
	return used
}

// ranks returns the inverse of used: ranks[v] is the index of v, and of no meaning where v is not used.
func (f Formula) ranks(used []int) []int32 {
	ranks := make([]int32, f.Variables+1)
	for i, v := range used {
		ranks[v] = int32(i)
	}
	return ranks
}

// Model is an assignment: Model[v-1] is the value of variable v.
type Model []bool

// Literals returns the literals that are true, in the order of the variables: the numbers of a DIMACS
// "v" line without its final 0.
func (m Model) Literals() []int {
	literals := make([]int, len(m))
	for i, value := range m {
		literals[i] = i + 1
		if !value {
			literals[i] = -(i + 1)
		}
	}
	return literals
}

// satisfies reports whether the literal is true.
func (m Model) satisfies(l Literal) bool { return m[l.Variable()-1] == (l > 0) }

// Satisfied reports whether m is a model of f. An assignment of another length is not.
func (f Formula) Satisfied(m Model) bool { return len(m) == f.Variables && f.falsified(m) < 0 }

// CheckModel returns nil if m is a model of f, and else names the first clause that m falsifies.
func (f Formula) CheckModel(m Model) error {
	if len(m) != f.Variables {
		return fmt.Errorf("sat: a model of %d variables cannot have %d values", f.Variables, len(m))
	}
	if i := f.falsified(m); i >= 0 {
		return fmt.Errorf("sat: clause %d (%s) is falsified", i+1, clauseText(f.Clauses[i]))
	}
	return nil
}

// falsified returns the index of the first clause without a true literal, or −1.
func (f Formula) falsified(m Model) int {
	return slices.IndexFunc(f.Clauses, func(clause []Literal) bool { return !slices.ContainsFunc(clause, m.satisfies) })
}

// clauseText writes a clause as DIMACS does, shortened after a dozen literals.
func clauseText(clause []Literal) string {
	var b strings.Builder
	for i, l := range clause {
		if i == 12 {
			b.WriteString("… ")
			break
		}
		b.WriteString(strconv.Itoa(int(l)) + " ")
	}
	return b.String() + "0"
}
