// Package pass goes over matrices by rows, once, on all cores.
package pass

import "finegrain"

// AtOnce is the number of rows of a task: 2^14 entries.
func AtOnce(cols int) int { return max(1, 1<<14/cols) }

// Rows gives rows from … to−1 of a matrix to work, in parallel. The error is that of env.
func Rows(env finegrain.Env, rows, cols int, work func(from, to int)) error {
	block := AtOnce(cols)
	return env.ForEach((rows+block-1)/block, func(b int) { work(b*block, min((b+1)*block, rows)) })
}
