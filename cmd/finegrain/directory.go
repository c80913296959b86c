package main

// The directory that reproduce keeps: its page, the summary, the measurements, and those of runs before, numbered, since
// a full run takes hours. One reproduce at a time is at work there. Whatever moment it is killed at, what it leaves is
// known for its own, and no measurement is lost.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"finegrain/internal/outfile"
	"finegrain/measure"
)

const (
	pageFile    = "index.html"
	summaryFile = "reproduce.json"
	storeFile   = "measurements.sqlite"
	lockFile    = ".finegrain-lock"

	defaultReproduction = "finegrain-reproduce"
)

// previousFile are the stores that were put aside, the last with the largest number.
var previousFile = regexp.MustCompile(`^previous-([1-9][0-9]{0,8})\.sqlite$`)

// leftoverFile are what a process that is killed leaves of a store that it makes, and of a file that it writes.
var leftoverFile = regexp.MustCompile(`^(\.store[0-9]+|\.outfile-[0-9a-f]{8}\.tmp)$`)

// claimDirectory makes the directory if it is missing and takes its lock. It refuses one with anything of somebody
// else's in it, and one where another reproduce is at work.
func claimDirectory(dir string) (*measure.Lock, error) {
	if err := outfile.CheckDirectory(dir, ownReproduction); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	lock, err := measure.TryLock(filepath.Join(dir, lockFile))
	if errors.Is(err, measure.ErrBusy) {
		return nil, request("%s: another reproduce is at work there; wait for its end, or name another directory with --out", dir)
	}
	return lock, err
}

// openMeasurements opens the store of a directory that is claimed, or begins one; without resume that of an earlier
// run is put aside, and aside is where it is then.
func openMeasurements(ctx context.Context, dir string, resume bool) (store *measure.Store, aside string, err error) {
	name := filepath.Join(dir, storeFile)
	_, err = os.Lstat(name)
	switch {
	case err == nil && resume:
		store, err = measure.Open(ctx, name)
		return store, "", err
	case err == nil:
		if aside, err = putAside(ctx, dir); err != nil {
			return nil, "", err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, "", err
	}
	store, err = measure.Create(ctx, name)
	return store, aside, err
}

// putAside renames the store of a directory that is claimed, with a number greater than all that are there. Opened and
// closed first it is one file, whatever ended the process that wrote it; where it is not, since somebody reads it, it
// stays. It returns the new name.
func putAside(ctx context.Context, dir string) (string, error) {
	name := filepath.Join(dir, storeFile)
	store, err := measure.Open(ctx, name)
	if err != nil {
		return "", err
	}
	if err := store.Close(); err != nil {
		return "", err
	}
	for _, c := range measure.Companions {
		if _, err := os.Lstat(name + c); !errors.Is(err, fs.ErrNotExist) {
			return "", request("%s: another process reads or writes it, and so it cannot be put aside; wait for its end", name)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	last := 0
	for _, e := range entries {
		if number := previousFile.FindStringSubmatch(e.Name()); number != nil {
			n, err := strconv.Atoi(number[1])
			if err != nil {
				return "", err
			}
			last = max(last, n)
		}
	}
	aside := filepath.Join(dir, fmt.Sprintf("previous-%d.sqlite", last+1))
	return aside, os.Rename(name, aside)
}

// ownReproduction reports whether a directory holds what reproduce leaves, and nothing else: its summary or a store,
// or as little as what it begins with.
func ownReproduction(directory string) bool {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return false
	}
	files := []string{pageFile, summaryFile, storeFile, lockFile}
	for _, c := range measure.Companions {
		files = append(files, storeFile+c)
	}
	own, begun := false, true
	for _, e := range entries {
		name := e.Name()
		previous := previousFile.MatchString(name)
		switch {
		case leftoverFile.MatchString(name):
			continue
		case e.IsDir() || !previous && !slices.Contains(files, name):
			return false
		case name == summaryFile:
			own = own || isSummary(filepath.Join(directory, name))
		case name == storeFile || previous:
			own = own || isMeasurements(filepath.Join(directory, name))
		}
		begun = begun && name == lockFile
	}
	return own || begun
}

// isSummary reports whether a file is a summary of reproduce's.
func isSummary(name string) bool {
	data, err := os.ReadFile(name)
	var s reproduced
	return err == nil && json.Unmarshal(data, &s) == nil && s.Page == pageFile && s.Version != ""
}

// isMeasurements reports whether a file is a store.
func isMeasurements(name string) bool {
	store, err := measure.OpenReadOnly(context.Background(), name)
	return err == nil && store.Close() == nil
}

// otherCode says, in one line, that measurements which are gone on with were made with other code than what is measured
// now, and what to do; empty if none was.
func otherCode(s measure.Summary, now measure.Machine, anew string) string {
	if len(s.Others) == 0 {
		return ""
	}
	var parts []string
	total := 0
	for code, n := range s.Others {
		parts = append(parts, fmt.Sprintf("%s (%d)", code, n))
		total += n
	}
	slices.Sort(parts)
	return fmt.Sprintf("%s of other code stand beside those of now: %s; this is %s; to measure anew, %s",
		plural(total, "measurement"), strings.Join(parts, "; "), now.Code(), anew)
}
