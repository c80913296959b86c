//go:build !linux && !windows

package measure

import "errors"

// moveNew is not known to this program on this system.
func moveNew(string, string) error { return errors.ErrUnsupported }
