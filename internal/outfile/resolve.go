package outfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Where output goes: links are followed to what they name, also where nothing is there yet, so that a link
// stays and its target comes to be, as when a file is opened for writing.

// ErrUnnamed is returned for an empty name.
var ErrUnnamed = errors.New("is no name; name a file or a directory")

var unnamed = &fs.PathError{Op: "write", Path: `""`, Err: ErrUnnamed}

// ErrDirectory is returned for a directory where a file is to be.
var ErrDirectory = errors.New("is a directory; name a file")

// follow returns what a name stands for when links are followed, whether it is there or not. A name is never
// shortened by its letters: after a link, .. is not where the link lies.
func follow(name string) (string, error) {
	const mostLinks = 255
	for range mostLinks {
		target, err := filepath.EvalSymlinks(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return target, err
		}
		directory, base := filepath.Split(name)
		if directory == "" {
			directory = "."
		}
		place, err := filepath.EvalSymlinks(directory)
		if err != nil || base == "" {
			return name, nil // not even a place for it
		}
		link, err := os.Readlink(filepath.Join(place, base))
		if err != nil {
			return filepath.Join(place, base), nil // nothing is there, not even a link
		}
		if name = link; !filepath.IsAbs(link) { // relative to where it lies
			name = place + string(filepath.Separator) + link
		}
	}
	return "", &fs.PathError{Op: "write", Path: name, Err: errors.New("too many links; name the file itself")}
}

// resolve returns what a file's name stands for and the mode of what is there, 0 for nothing. It is an error
// if that may not be written: a rename would replace it all the same.
func resolve(name string) (target string, mode fs.FileMode, err error) {
	if name == "" {
		return "", 0, unnamed
	}
	target, err = follow(name)
	var path *fs.PathError
	switch {
	case err != nil && !errors.As(err, &path):
		return "", 0, &fs.PathError{Op: "write", Path: name, Err: err}
	case err != nil:
		return "", 0, err
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return target, 0, nil
	case err != nil:
		return "", 0, err
	case info.IsDir():
		return "", 0, &fs.PathError{Op: "write", Path: name, Err: ErrDirectory}
	case info.Mode().IsRegular():
		file, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return "", 0, err
		}
		if err := file.Close(); err != nil {
			return "", 0, err
		}
	}
	return target, info.Mode(), nil
}
