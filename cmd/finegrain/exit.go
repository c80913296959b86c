package main

// Exit codes. A script tells from them who is at fault: nobody, the work, or the request.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"finegrain/internal/outfile"
	"finegrain/ovp"
	"finegrain/sat"
)

const (
	exitDone          = 0
	exitFailed        = 1 // a law broken, answers that disagree, an oracle too weak
	exitRequest       = 2 // unknown names, malformed or unreadable input, too much memory
	exitSatisfiable   = 10
	exitUnsatisfiable = 20
	exitInterrupted   = 130
)

// exit is an error that knows its exit code. Without a message it ends the program in silence, since all
// has been said.
type exit struct {
	code    int
	message string
}

func (e *exit) Error() string { return e.message }

// request is the error of a request that is wrong.
func request(format string, args ...any) error {
	return &exit{exitRequest, fmt.Sprintf(format, args...)}
}

// inFile is the error of an input file that is unreadable or malformed, unless it is an interrupt.
func inFile(name string, err error) error {
	var inSAT *sat.SyntaxError
	var inOV *ovp.SyntaxError
	var path *fs.PathError
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &inSAT):
		return request("%v", inSAT)
	case errors.As(err, &inOV):
		return request("%v", inOV)
	case errors.As(err, &path) && name == "":
		return request(`"": a file without a name; name one, or - for standard input`)
	case errors.As(err, &path):
		return request("%s: %v", name, path.Err)
	}
	return request("%s: %v", name, err)
}

// outcome is the exit code of an error and the line that goes with it, empty if there is none.
func outcome(ctx context.Context, err error) (code int, line string) {
	var known *exit
	var path *fs.PathError
	switch {
	case err == nil:
		return exitDone, ""
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return exitInterrupted, "interrupted"
	case errors.As(err, &known):
		return known.code, oneLine(known.message)
	case errors.As(err, &path) && (errors.Is(err, outfile.ErrOccupied) || errors.Is(err, outfile.ErrDirectory) ||
		errors.Is(err, outfile.ErrUnnamed) || errors.Is(err, syscall.ENOTDIR) ||
		errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrExist)):
		return exitRequest, oneLine(path.Path + ": " + path.Err.Error())
	}
	return exitFailed, oneLine(err.Error())
}

// oneLine keeps a message on the one line that it is promised. Package names in front of it mean nothing
// to who reads it.
func oneLine(message string) string {
	for _, name := range []string{"attention: ", "sat: ", "ovp: ", "reductions: "} {
		message = strings.ReplaceAll(message, name, "")
	}
	return strings.Join(strings.FieldsFunc(message, func(c rune) bool { return c == '\n' || c == '\r' }), "; ")
}
