package sat

// Brute force is the definition of both problems: try every assignment on every clause. The assignments
// are tried 64 at a time, one to a bit: the lowest six variables take all their values within a word, so
// each is a constant mask; the value of any other variable is that of a bit of the word's number.

import (
	"context"
	"fmt"
	"math/big"
	"math/bits"
)

// MaxBruteForce is the largest number of used variables that BruteForce accepts.
const MaxBruteForce = 26

// BruteForce returns the first model, if there is one, and the number of models. Models are ordered as
// binary numbers whose lowest digit is the lowest used variable; unused variables are false in the model
// returned and double the count. It refuses more than [MaxBruteForce] used variables.
func BruteForce(ctx context.Context, f Formula) (Answer, *big.Int, error) {
	var first uint64
	var models int64 // over the used variables
	used, err := enumerate(ctx, f, func(base, satisfied uint64) bool {
		if models == 0 {
			first = base + uint64(bits.TrailingZeros64(satisfied))
		}
		models += int64(bits.OnesCount64(satisfied))
		return true
	})
	if err != nil {
		return Answer{}, nil, err
	}
	count := new(big.Int).Lsh(big.NewInt(models), uint(f.Variables-len(used)))
	if models == 0 {
		return Answer{}, count, nil
	}
	return Answer{Satisfiable: true, Model: f.spread(used, first)}, count, nil
}

// spread returns the assignment whose used variables are the digits of index, the lowest first.
func (f Formula) spread(used []int, index uint64) Model {
	m := make(Model, f.Variables)
	for i, v := range used {
		m[v-1] = index>>i&1 == 1
	}
	return m
}

// lowMasks[i] has bit a set where digit i of a is 1.
var lowMasks = [6]uint64{
	0xAAAAAAAAAAAAAAAA, 0xCCCCCCCCCCCCCCCC, 0xF0F0F0F0F0F0F0F0, 0xFF00FF00FF00FF00, 0xFFFF0000FFFF0000, 0xFFFFFFFF00000000,
}

// enumerate calls visit for every 64 assignments to the used variables of which some satisfy f, until it
// returns false: bit a of satisfied is for the assignment numbered base + a.
func enumerate(ctx context.Context, f Formula, visit func(base, satisfied uint64) bool) (used []int, err error) {
	p := patience{ctx: ctx}
	if err := f.validate(p.stopped); err != nil {
		return nil, err
	}
	used = f.used(p.stopped)
	if err := p.ask(); err != nil {
		return nil, fmt.Errorf("sat: brute force stopped: %w", err)
	}
	if len(used) > MaxBruteForce {
		return nil, fmt.Errorf("sat: brute force takes at most %d used variables, this formula has %d; use Solve or Count",
			MaxBruteForce, len(used))
	}
	rank := f.ranks(used)
	assignments := uint64(1) << len(used)
	for base := uint64(0); base < assignments; base += 64 {
		satisfied := ^uint64(0)
		if assignments < 64 {
			satisfied = 1<<assignments - 1
		}
		for _, clause := range f.Clauses {
			if p.stopped(1 + len(clause)) {
				return nil, fmt.Errorf("sat: brute force stopped: %w", p.interrupted)
			}
			var some uint64
			for _, l := range clause {
				word := digit(int(rank[l.Variable()]), base)
				if l < 0 {
					word = ^word
				}
				some |= word
			}
			if satisfied &= some; satisfied == 0 {
				break
			}
		}
		if satisfied != 0 && !visit(base, satisfied) {
			break
		}
	}
	if err := p.ask(); err != nil {
		return nil, fmt.Errorf("sat: brute force stopped: %w", err)
	}
	return used, nil
}

// digit returns digit i of the 64 numbers from base on, base being a multiple of 64.
func digit(i int, base uint64) uint64 {
	if i < len(lowMasks) {
		return lowMasks[i]
	}
	return -(base >> i & 1)
}
