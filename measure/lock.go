package measure

import (
	"errors"
	"io/fs"
	"os"
)

// Locks between processes. A lock is a file that one process at a time has; the system takes it from a process that
// ends, however it ends, so that a lock file that is left behind bars nobody.

// ErrBusy is returned for a lock that is taken.
var ErrBusy = errors.New("another process is at work there")

// Lock is a lock that this process has.
type Lock struct{ file *os.File }

// TryLock takes the lock of a file, which it makes where it is missing, or returns an error that wraps ErrBusy if it
// is taken, be it by this process. It does not wait.
func TryLock(name string) (*Lock, error) {
	file, err := lockFile(name)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			return nil, err
		}
		return nil, &fs.PathError{Op: "lock", Path: name, Err: err}
	}
	return &Lock{file}, nil
}

// Release gives the lock up and removes its file.
func (l *Lock) Release() error { return unlockFile(l.file) }
