package measure

import "golang.org/x/sys/windows"

// moveNew renames a file and replaces nothing.
func moveNew(file, name string) error {
	from, err := windows.UTF16PtrFromString(file)
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	return windows.MoveFileEx(from, to, windows.MOVEFILE_WRITE_THROUGH)
}
