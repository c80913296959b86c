package finegrain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Cost counts what an algorithm did, by kind of operation. Counts are made inside the loops, exactly and
// deterministically, so that exponents can be fitted without a clock.
type Cost map[string]int64

// The kinds of operation that more than one algorithm counts. Bytes are the most held at once beyond
// input and output.
const (
	InnerProducts  = "inner_products"  // ⟨q, k⟩ or ⟨a, b⟩, whatever the dimension
	MultiplyAdds   = "multiply_adds"   // x·y + z
	Exponentials   = "exponentials"    // e^x
	WordOperations = "word_operations" // and, or, popcount, test on a machine word
	Additions      = "additions"       // integer additions
	Bytes          = "bytes"           // working memory
)

// Add adds the counts of other to c. Bytes are a peak, not a sum: the larger stays.
func (c Cost) Add(other Cost) {
	for k, v := range other {
		if k == Bytes {
			c[k] = max(c[k], v)
		} else {
			c[k] += v
		}
	}
}

// Differ returns nil if every kind that want declares has that count in c, and else says which differ.
// Kinds that only c has are left alone: what data decides cannot be declared.
func (c Cost) Differ(want Cost) error {
	var wrong []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if c[k] != want[k] {
			wrong = append(wrong, fmt.Sprintf("%s: counted %d, declared %d", k, c[k], want[k]))
		}
	}
	if wrong != nil {
		return fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	return nil
}

// String lists the counts by name.
func (c Cost) String() string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, fmt.Sprintf("%s=%d", k, c[k]))
	}
	return strings.Join(parts, " ")
}
