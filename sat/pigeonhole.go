package sat

// The pigeonhole principle: more pigeons than holes do not fit. Resolution, and with it clause learning,
// needs exponential size to refute it (Haken 1985).

import "fmt"

// Pigeonhole says that every pigeon is in some hole and no hole has two pigeons. Variable p·holes + h + 1
// says that pigeon p is in hole h, both from 0. It is unsatisfiable if pigeons exceed holes. With n of
// both it has n! models: every hole has at most one pigeon and every pigeon a hole, so each has just one.
func Pigeonhole(pigeons, holes int) (Formula, error) {
	if pigeons < 0 || holes < 0 {
		return Formula{}, fmt.Errorf("sat: pigeonhole: %d pigeons, %d holes; neither may be negative", pigeons, holes)
	}
	p, h := float64(pigeons), float64(holes)
	pairs := h * p * (p - 1) / 2
	if err := withinLimits("pigeonhole", p*h, p+pairs, p*h+2*pairs); err != nil {
		return Formula{}, err
	}
	in := func(pigeon, hole int) Literal { return Literal(pigeon*holes + hole + 1) }
	f := Formula{Variables: pigeons * holes}
	for pigeon := range pigeons {
		clause := make([]Literal, holes)
		for hole := range clause {
			clause[hole] = in(pigeon, hole)
		}
		f.Clauses = append(f.Clauses, clause)
	}
	for hole := range holes {
		for one := range pigeons {
			for other := range one {
				f.Clauses = append(f.Clauses, []Literal{-in(other, hole), -in(one, hole)})
			}
		}
	}
	return f, nil
}
