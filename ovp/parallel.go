package ovp

import (
	"sync"
	"sync/atomic"

	"finegrain"
)

// Independent tasks on all cores. What a task computes may depend on its number only, and results are
// combined in the order of tasks or by operations that commute, so that they do not depend on how many
// cores there are.

// parallel runs work for tasks 0 to tasks−1 on env.Workers() goroutines. The worker's number, below
// min(env.Workers(), tasks), says whose scratch memory to use. It stops at the first task after env is
// cancelled and returns env's error then; every task should take no more than a few milliseconds.
func parallel(env finegrain.Env, tasks int, what string, work func(worker, task int)) error {
	workers := min(env.Workers(), tasks)
	var next atomic.Int64
	var reporting sync.Mutex
	done := 0
	run := func(worker int) {
		for env.Err() == nil {
			task := int(next.Add(1)) - 1
			if task >= tasks {
				return
			}
			work(worker, task)
			if env.Progress != nil {
				reporting.Lock()
				done++
				env.Report(done, tasks, what)
				reporting.Unlock()
			}
		}
	}
	if workers <= 1 {
		run(0)
	} else {
		var all sync.WaitGroup
		for worker := range workers {
			all.Go(func() { run(worker) })
		}
		all.Wait()
	}
	return env.Err()
}
