package measure

import "golang.org/x/sys/unix"

// moveNew renames a file and replaces nothing.
func moveNew(file, name string) error {
	return unix.Renameat2(unix.AT_FDCWD, file, unix.AT_FDCWD, name, unix.RENAME_NOREPLACE)
}
