package finegrain

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
)

// Env is what a computation may use of its surroundings: cancellation, randomness, cores, and a place
// to say how far it is. It is passed by value; Sub makes the Env of a part.
//
// Randomness is an argument. A stream is named by the path of labels that leads to it, so two parts
// never share one, and adding a part does not disturb the others: same seed and labels, same run.
type Env struct {
	context.Context
	Seed     uint64
	Memory   int64                              // bytes that a computation may allocate at a time; 0 means no limit
	Cores    int                                // goroutines that may run at once; 0 means all of the machine
	Progress func(done, total int, what string) // may be nil; called from one goroutine at a time
	// Watch, if not nil, is told when a step of a computation begins, and what it returns is called when
	// the step ends. It is how a caller learns where the time goes; computations keep no clock.
	Watch func(step string, size Size) (end func())

	path string
	team *team // of Together
}

// NewEnv returns an Env that uses every core and reports no progress. It panics if ctx is nil.
func NewEnv(ctx context.Context, seed uint64) Env {
	if ctx == nil {
		panic("finegrain: NewEnv needs a context; use context.Background()")
	}
	return Env{Context: ctx, Seed: seed}
}

// Sub returns the Env of the part called label.
func (e Env) Sub(label string) Env {
	e.path = e.below(label)
	return e
}

// below is the path of label below e's own. A label is written with its length, so that different lists of
// labels are different paths.
func (e Env) below(label string) string { return fmt.Sprintf("%s%d:%s/", e.path, len(label), label) }

// Rand returns a fresh generator for the stream called label below e's path. Calling it twice with one
// label returns two generators that produce the same numbers.
func (e Env) Rand(label string) *rand.Rand {
	h := sha256.New()
	var seed [8]byte
	binary.LittleEndian.PutUint64(seed[:], e.Seed)
	h.Write(seed[:])
	h.Write([]byte(e.below(label)))
	return rand.New(rand.NewChaCha8([32]byte(h.Sum(nil))))
}

// Workers is the number of goroutines to use, at least 1.
func (e Env) Workers() int {
	if e.Cores > 0 {
		return e.Cores
	}
	return runtime.GOMAXPROCS(0)
}

// Report passes progress on if anyone listens.
func (e Env) Report(done, total int, what string) {
	if e.Progress != nil {
		e.Progress(done, total, what)
	}
}

// Step announces the beginning of a step on an instance of the given size; call what it returns at the end.
func (e Env) Step(name string, size Size) (end func()) {
	if e.Watch == nil {
		return func() {}
	}
	return e.Watch(name, size)
}
