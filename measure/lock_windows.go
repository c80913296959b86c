package measure

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile opens the file for itself alone; the system removes it when it is closed, or when the process ends.
func lockFile(name string) (*os.File, error) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	const alone = 0
	handle, err := windows.CreateFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE, alone, nil, windows.OPEN_ALWAYS,
		windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	switch {
	case errors.Is(err, windows.ERROR_SHARING_VIOLATION):
		return nil, ErrBusy
	case err != nil:
		return nil, err
	}
	return os.NewFile(uintptr(handle), name), nil
}

func unlockFile(file *os.File) error { return file.Close() }
