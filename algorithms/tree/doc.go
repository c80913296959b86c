// Package tree is attention for small head dimensions at every temperature, after Gupta, Huang, Saha, Xu and Ye
// 2025: keys in a tree, so that each query takes those that matter to it together or not at all.
//
// # How
//
// Where Q or K has low rank, the head dimension is first reduced to that (lowrank.go). The keys are halved again and
// again (tree.go; kdtree.go, scaled.go, conjugation.go and path.go say along which directions or in which order,
// choose.go which of them), each node with a box in a frame of its own (frames.go). Queries have a tree too; those that
// lie close together are a group and share one walk of the keys' tree (group.go). A node is dropped where all its
// weights together are too small to matter; expanded by moments (moments.go, collect.go; blocks.go sums them), where
// a polynomial of moderate degree is e^x closely enough and that takes less than its keys; and else its children are
// looked at, down to leaves, which the loops of streaming attention take key by key (loops.go). Where float64 does
// not tell the scores of a row apart, it goes alone, with double-double scores (row.go); and where that does not
// reach the error asked, streaming attention has it.
//
// A few groups are walked beforehand (plan.go): where streaming would take less altogether (price.go), it gets
// all.
//
// What a row may be off is added up while it is computed (bound.go), whatever the tree: only time depends on that.
//
// # Evidence
//
// crossing.go counts how many nodes of a tree a hyperplane crosses, which is what makes range searching
// sublinear or not. walks.go answers queries one by one, as the paper does, at several temperatures, to count what
// each takes. maxima.go finds the largest inner product of each query with the keys, exactly.
package tree
