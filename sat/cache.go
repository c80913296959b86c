package sat

// A bounded cache in two generations. Entries are made in the young one; when that is full it becomes the
// old one and what was old is dropped; what is found in the old one moves back. So an entry is kept while
// it is asked for at least once in a generation, as a least-recently-used list would keep it, at the
// price of a map.

import (
	"math/big"
	"math/bits"
)

type cache struct {
	budget     int // bytes of one generation
	held       int // bytes of the young one
	young, old map[string]*big.Int
	hits       int
}

// newCache returns a cache that holds about the given number of bytes.
func newCache(bytes int) *cache { return &cache{budget: bytes / 2, young: map[string]*big.Int{}} }

// get returns the count stored under the key, or nil.
func (c *cache) get(key []byte) *big.Int {
	if count, ok := c.young[string(key)]; ok {
		c.hits++
		return count
	}
	if count, ok := c.old[string(key)]; ok {
		c.hits++
		c.put(key, count)
		return count
	}
	return nil
}

// put stores a count, which must not be changed any more, unless it alone would take an eighth of a generation.
func (c *cache) put(key []byte, count *big.Int) {
	const overhead = 96 // a map slot, a big.Int and its allocation
	bytes := len(key) + len(count.Bits())*bits.UintSize/8 + overhead
	if bytes > c.budget/8 {
		return
	}
	if c.held+bytes > c.budget {
		c.old, c.young, c.held = c.young, map[string]*big.Int{}, 0
	}
	c.young[string(key)] = count
	c.held += bytes
}
