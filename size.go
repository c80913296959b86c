package finegrain

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Size is the size of an instance: a value for each parameter that its problem declares, such as n and
// d of an orthogonal-vectors instance. Values are arbitrary-precision, since a bound such as 2^{n/2} is
// of interest also where nothing of that size can be built.
//
// The zero Size declares no parameter. A Size is not modified after it is made.
type Size struct{ parameters []parameter }

type parameter struct {
	name  string
	value *big.Int
}

// With returns s with one more parameter. It panics if s declares the name already.
func (s Size) With(name string, value *big.Int) Size {
	if s.Has(name) {
		panic(fmt.Sprintf("finegrain: size parameter %q declared twice", name))
	}
	return Size{append(slices.Clip(s.parameters), parameter{name, new(big.Int).Set(value)})}
}

// WithInt is With for an int.
func (s Size) WithInt(name string, value int) Size { return s.With(name, big.NewInt(int64(value))) }

// Has reports whether s declares the parameter.
func (s Size) Has(name string) bool {
	return slices.ContainsFunc(s.parameters, func(p parameter) bool { return p.name == name })
}

// Get returns a copy of the parameter's value. Reading an undeclared name is a programmer's mistake and
// panics: a misspelt name must not read as 0.
func (s Size) Get(name string) *big.Int {
	for _, p := range s.parameters {
		if p.name == name {
			return new(big.Int).Set(p.value)
		}
	}
	panic(fmt.Sprintf("finegrain: size parameter %q is not declared; there are %q", name, s.Names()))
}

// Names lists the parameters in the order of declaration.
func (s Size) Names() []string {
	names := make([]string, len(s.parameters))
	for i, p := range s.parameters {
		names[i] = p.name
	}
	return names
}

// Within returns nil if s and bound declare the same parameters and none of s exceeds its bound.
func (s Size) Within(bound Size) error {
	if len(s.parameters) != len(bound.parameters) {
		return fmt.Errorf("size %v and bound %v declare different parameters", s, bound)
	}
	for _, p := range s.parameters {
		if !bound.Has(p.name) {
			return fmt.Errorf("size %v and bound %v declare different parameters", s, bound)
		}
		if b := bound.Get(p.name); p.value.Cmp(b) > 0 {
			return fmt.Errorf("%s = %v exceeds its bound %v", p.name, p.value, b)
		}
	}
	return nil
}

// Equal reports whether s and t declare the same parameters with the same values, in any order.
func (s Size) Equal(t Size) bool { return s.Within(t) == nil && t.Within(s) == nil }

// String returns the parameters as "n=1024 d=85".
func (s Size) String() string {
	parts := make([]string, len(s.parameters))
	for i, p := range s.parameters {
		parts[i] = fmt.Sprintf("%s=%v", p.name, p.value)
	}
	return strings.Join(parts, " ")
}
