package sat

import "finegrain"

// Census counts the models of a formula and finds one, in one go.
var Census = finegrain.Both(
	"satisfiability, census",
	"given a formula in conjunctive normal form, count its models and find one if there is one",
	Counting, Search,
)
