package ovp

import "finegrain"

// Census counts the orthogonal pairs and finds one, in one go: what an algorithm that sees every pair can
// tell at the cost of either.
var Census = finegrain.Both(
	"orthogonal vectors, census",
	"given lists A and B of 0/1 vectors, count the pairs with ⟨a, b⟩ = 0 and find one if there is one",
	Counting, Search,
)
