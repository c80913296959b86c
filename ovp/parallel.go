package ovp

import (
	"sync"

	"finegrain"
)

// Independent tasks on all cores, which are counted as they end. What a task computes may depend on its
// number only, and results are combined in the order of tasks or by operations that commute, so that they
// do not depend on how many cores there are.

// parallel is env.ForEach with progress: after every task env hears how many of them are done. A task
// should take no more than a few milliseconds, since env is asked between tasks whether to go on.
func parallel(env finegrain.Env, tasks int, what string, work func(task int)) error {
	if env.Progress == nil {
		return env.ForEach(tasks, work)
	}
	var reporting sync.Mutex
	done := 0
	return env.ForEach(tasks, func(task int) {
		work(task)
		reporting.Lock()
		defer reporting.Unlock()
		done++
		env.Report(done, tasks, what)
	})
}
