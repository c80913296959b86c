package outfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrOccupied is returned for a directory that holds something which is not to be replaced.
var ErrOccupied = errors.New("is there and not empty; name another directory, or remove it")

// Directory makes what fill puts into the directory that it is given the content of the named one, which
// must be missing or empty. Its parents are made where they are missing. fill's own files need no care.
func Directory(ctx context.Context, name string, fill func(directory string) error) error {
	return ReplaceDirectory(ctx, name, func(string) bool { return false }, fill)
}

// ReplaceDirectory is Directory, and replaces what is there as a whole if own says so of it.
func ReplaceDirectory(ctx context.Context, name string, own func(directory string) bool, fill func(directory string) error) error {
	if err := CheckDirectory(name, own); err != nil {
		return err
	}
	target, err := follow(filepath.Clean(name))
	if err != nil {
		return err
	}
	if target == "." || target == string(filepath.Separator) {
		return &fs.PathError{Op: "write", Path: name, Err: errors.New("cannot be replaced as a whole; name a directory inside it")}
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return err
	}
	temporary, err := sibling(target, func(name string) error { return os.Mkdir(name, 0o777) })
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) // finds nothing once it is renamed
	if err := fill(temporary); err != nil {
		return err
	}
	if err := syncAll(temporary); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := CheckDirectory(name, own); err != nil { // it may have come to be while fill was at work
		return err
	}
	if err := exchange(target, temporary); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(target))
}

// CheckDirectory returns nil if ReplaceDirectory may make the directory: it is missing, empty or one's own.
// It is asked before long work.
func CheckDirectory(name string, own func(directory string) bool) error {
	if name == "" {
		return unnamed
	}
	entries, err := os.ReadDir(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return probe(name)
	case err != nil:
		return err
	case len(entries) > 0 && !own(name):
		return &fs.PathError{Op: "write", Path: name, Err: ErrOccupied}
	}
	return nil
}

// probe returns nil if something can be made in the nearest directory above the name that there is.
func probe(name string) error {
	above := filepath.Dir(name)
	for {
		if _, err := os.Stat(above); !errors.Is(err, fs.ErrNotExist) || above == filepath.Dir(above) {
			break
		}
		above = filepath.Dir(above)
	}
	made, err := os.MkdirTemp(above, ".outfile-*.tmp")
	var path *fs.PathError
	if errors.As(err, &path) {
		path.Path = name
	}
	if err != nil {
		return err
	}
	return os.Remove(made)
}

// exchange moves the new directory to the target, out of whose way the old one, if any, is moved first.
// If the move fails the old one is put back.
func exchange(target, temporary string) error {
	old, err := sibling(target, func(name string) error {
		if _, err := os.Lstat(name); err == nil {
			return fs.ErrExist
		}
		return os.Rename(target, name)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return os.Rename(temporary, target)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, target); err != nil {
		return errors.Join(err, os.Rename(old, target))
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("the new %s is in place; the old one remains as %s: %w", target, old, err)
	}
	return nil
}

// syncAll forces every file below a directory to disk.
func syncAll(root string) error {
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return syncDirectory(name)
		}
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		return errors.Join(file.Sync(), file.Close())
	})
}
