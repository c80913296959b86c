// Command ovscan writes the vector loops of the orthogonal-vectors scan, for AVX-512 and AVX2. What each
// computes, and how its arguments lie, is said in the package that they are written for; here is how.
//
// The work of AVX-512 is a test, VPTESTNMQ, which only port 5 does, and arithmetic, which ports 0 and 5 do:
// with as many vectors of A in registers as fit, a vector of eight words of B is loaded once for all of them,
// and nothing but those two ports binds.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	for _, s := range []set{avx512, avx2} {
		for _, words := range []int{1, 2, 4} {
			s.limit(words)
		}
		s.count1()
		s.countAny()
		s.early()
	}
	products()
	Generate()
}
