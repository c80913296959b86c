package outfile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// ErrDirectory is returned for a directory where a file is to be.
var ErrDirectory = errors.New("is a directory; name a file")

// File makes write's output the content of the named file, replacing what it held; the writer fails once
// ctx ends. A link is followed. What is neither missing nor a regular file, such as /dev/null, is written
// to directly, since it must not be replaced.
func File(ctx context.Context, name string, write func(io.Writer) error) error {
	target, mode, err := resolve(name)
	if err != nil {
		return err
	}
	if mode != 0 && !mode.IsRegular() {
		file, err := os.OpenFile(target, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(fill(ctx, file, write), file.Close())
	}
	file, err := create(target)
	if err != nil {
		return err
	}
	temporary := file.Name()
	defer os.Remove(temporary) // finds nothing once it is renamed
	err = fill(ctx, file, write)
	if err == nil && mode != 0 {
		err = file.Chmod(mode.Perm())
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(temporary, target); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(target))
}

// CheckFile returns nil if File can begin to write the file. It is asked before long work.
func CheckFile(name string) error {
	target, mode, err := resolve(name)
	if err != nil || mode != 0 && !mode.IsRegular() {
		return err
	}
	file, err := create(target)
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// create makes and opens a temporary sibling of the target.
func create(target string) (*os.File, error) {
	var file *os.File
	_, err := sibling(target, func(name string) (err error) {
		file, err = os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		return err
	})
	var path *fs.PathError
	if errors.As(err, &path) {
		path.Path = target
	}
	return file, err
}

// resolve follows links and returns the mode of what is there, 0 for nothing.
func resolve(name string) (target string, mode fs.FileMode, err error) {
	target, err = filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		return name, 0, nil
	}
	if err != nil {
		return "", 0, err
	}
	info, err := os.Stat(target)
	if err != nil {
		return "", 0, err
	}
	if info.IsDir() {
		return "", 0, &fs.PathError{Op: "write", Path: name, Err: ErrDirectory}
	}
	return target, info.Mode(), nil
}

func fill(ctx context.Context, file io.Writer, write func(io.Writer) error) error {
	buffer := bufio.NewWriterSize(cancelled{ctx, file}, 1<<16)
	if err := write(buffer); err != nil {
		return err
	}
	return buffer.Flush()
}

// cancelled is a writer that fails once its context has ended.
type cancelled struct {
	ctx context.Context
	w   io.Writer
}

func (c cancelled) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

// sibling makes something new beside the target, with create, and returns its name.
func sibling(target string, create func(name string) error) (string, error) {
	for {
		name := filepath.Join(filepath.Dir(target), fmt.Sprintf(".%s-%08x.tmp", filepath.Base(target), rand.Uint32()))
		if err := create(name); !errors.Is(err, fs.ErrExist) {
			return name, err
		}
	}
}

// syncDirectory makes renames in a directory last. Systems that cannot do it make them last anyway.
func syncDirectory(name string) error {
	directory, err := os.Open(name)
	if err != nil {
		return err
	}
	defer directory.Close()
	directory.Sync()
	return nil
}
