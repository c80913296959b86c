package ovp

import (
	"fmt"
	"math"

	"finegrain"
)

// The ways to make an instance, declared as values so that a command or a page can list and call them.

// Parameters are what a generator is told; it reads those it Uses.
type Parameters struct {
	N       int     // vectors of each list
	D       int     // coordinates
	Density float64 // probability that a coordinate is 1
}

// Generator makes instances of one kind with lists of one length, for every seed one.
type Generator struct {
	Name, Doc string
	Uses      []string // of "n", "d", "density"
	Default   Parameters

	// Generate returns an error if a parameter is out of range, before it allocates, or if env is
	// cancelled.
	Generate func(env finegrain.Env, p Parameters) (Instance, error)
}

// Bytes is the memory that an instance with these parameters takes, or math.MaxInt64 if that is more.
func (p Parameters) Bytes() int64 {
	if side := VectorsBytes(p.N, p.D); side <= math.MaxInt64/2 {
		return 2 * side
	}
	return math.MaxInt64
}

// Generators lists the kinds.
func Generators() []Generator {
	usual := Parameters{N: 1024, D: 64, Density: 0.5}
	return []Generator{
		{
			Name:    "random",
			Doc:     "independent coordinates",
			Uses:    []string{"n", "d", "density"},
			Default: usual,
			Generate: func(env finegrain.Env, p Parameters) (Instance, error) {
				return Random(env, p.N, p.N, p.D, p.Density)
			},
		},
		{
			Name:    "planted",
			Doc:     "one orthogonal pair at a random place, and no other",
			Uses:    []string{"n", "d", "density"},
			Default: usual,
			Generate: func(env finegrain.Env, p Parameters) (Instance, error) {
				in, _, err := Planted(env, p.N, p.N, p.D, p.Density)
				return in, err
			},
		},
		{
			Name:    "adversarial",
			Doc:     "no orthogonal pair: every pair meets in exactly one coordinate, the last",
			Uses:    []string{"n", "d"},
			Default: usual,
			Generate: func(env finegrain.Env, p Parameters) (Instance, error) {
				return Adversarial(env, p.N, p.N, p.D, false)
			},
		},
		{
			Name:    "adversarial-last",
			Doc:     "one orthogonal pair, the last: every other pair meets in exactly one coordinate, of the last two",
			Uses:    []string{"n", "d"},
			Default: usual,
			Generate: func(env finegrain.Env, p Parameters) (Instance, error) {
				return Adversarial(env, p.N, p.N, p.D, true)
			},
		},
	}
}

// GeneratorNamed returns the generator of that name; the error lists the names there are.
func GeneratorNamed(name string) (Generator, error) {
	var names []string
	for _, g := range Generators() {
		if g.Name == name {
			return g, nil
		}
		names = append(names, g.Name)
	}
	return Generator{}, fmt.Errorf("there is no generator %q of orthogonal vectors; there are %q", name, names)
}
