package measure

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"modernc.org/sqlite" // the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Store keeps measurements in one SQLite file. A row is one measurement; it is there once Add has returned, also if
// the process is killed or the machine stops right after, and it is never rewritten. What is measured again is another
// row, the next attempt. While a store is open for writing, which it can be once at a time, it has companions beside
// it: FILE-wal and FILE-shm, which belong to it and are needed after a crash, and FILE-lock; at rest it is one file. A
// file system that does not lock, such as NFS, is no place for it.
type Store struct {
	name string
	db   *sql.DB
	lock *Lock // nil: it is open for reading
}

// Companions are what the name of a store may be followed by in the names of files that belong to it.
var Companions = []string{"-wal", "-shm", "-lock"}

// ErrExists is returned by Create where there is something already.
var ErrExists = errors.New("is there already")

// ErrNoStore is wrapped in the error of a file that is no store; such a file is not touched.
var ErrNoStore = errors.New("is no store of measurements")

// moment is called at the named points of a measurement, so that tests can end the process there.
var moment = func(string) {}

// Create makes a new store and opens it. The file appears with all its tables or not at all; a process that is
// killed here may leave a temporary sibling that begins with .store.
func Create(ctx context.Context, name string) (*Store, error) {
	if _, err := os.Lstat(name); err == nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: ErrExists}
	}
	dir, err := os.MkdirTemp(filepath.Dir(name), ".store")
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: errors.Unwrap(err)}
	}
	defer os.RemoveAll(dir)
	empty := filepath.Join(dir, "store")
	// A rollback journal, so that the header of the file itself has the marks when it appears.
	db, err := sql.Open("sqlite", dsn(empty, "_pragma=journal_mode(DELETE)", "_pragma=synchronous(FULL)"))
	if err == nil {
		_, err = db.ExecContext(ctx, fmt.Sprintf("BEGIN; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
			schema, applicationID, schemaVersion))
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the store cannot be made: %w", name, err)
	}
	moment("created")
	if err := putNew(empty, name); err != nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: err}
	}
	return Open(ctx, name)
}

// link is os.Link, but in tests of what is done where it does not work.
var link = os.Link

// putNew gives a file a name, under which it then is as a whole, and replaces nothing. A link does so on every system
// and on most file systems.
func putNew(file, name string) error {
	err := link(file, name)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		if moved := moveNew(file, name); moved == nil || errors.Is(moved, fs.ErrExist) {
			err = moved
		} else {
			err = fmt.Errorf("the file system neither makes hard links (%w) nor renames without replacing (%w); take another",
				errors.Unwrap(err), moved)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return ErrExists
	}
	return err
}

// Open opens a store for writing. Where it is open for writing already, here or in another process, the error wraps
// ErrBusy.
func Open(ctx context.Context, name string) (*Store, error) {
	if err := marked(name); err != nil {
		return nil, err
	}
	lock, err := TryLock(name + "-lock")
	if errors.Is(err, ErrBusy) {
		err = fmt.Errorf("%s: %w; wait for its end, or name another store", name, ErrBusy)
	}
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, name, "mode=rw", "_pragma=busy_timeout(10000)", "_pragma=journal_mode(WAL)", "_pragma=synchronous(FULL)",
		"_pragma=foreign_keys(1)", "_txlock=immediate")
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	s.lock = lock
	return s, nil
}

// OpenReadOnly opens a store for reading, also while another process measures into it.
func OpenReadOnly(ctx context.Context, name string) (*Store, error) {
	return open(ctx, name, "mode=ro", "_pragma=busy_timeout(10000)", "_pragma=query_only(1)")
}

func open(ctx context.Context, name string, options ...string) (*Store, error) {
	if err := marked(name); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(name, options...))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	db.SetMaxOpenConns(1) // one writer; and what is set for a connection holds for all
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), db.Close())
	}
	return &Store{name: name, db: db}, nil
}

// dsn names a database to the driver: a path is escaped, so that nothing in it is taken for an option.
func dsn(name string, options ...string) string {
	out := "file:" + (&url.URL{Path: name}).EscapedPath()
	for i, o := range options {
		out += string("?&"[min(i, 1)]) + o
	}
	return out
}

// marked returns nil if the header of the file says that it is a store of this version, without opening the
// database. The offsets are those of SQLite's file format.
func marked(name string) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s: %w: %s", name, ErrNoStore, fmt.Sprintf(format, args...))
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return refuse("it is not a regular file; name another")
	}
	header, err := headerOf(name)
	switch {
	case err != nil:
		return err
	case !header.isDatabase():
		return refuse("it is no SQLite database; name another")
	case binary.BigEndian.Uint32(header[68:]) != applicationID:
		return refuse("it is a database of another program; name another")
	}
	if v := binary.BigEndian.Uint32(header[60:]); v != schemaVersion {
		return refuse("its tables are of version %d, and this program knows version %d only; "+
			"use the program that wrote it, or name another", v, schemaVersion)
	}
	return nil
}

// header is the beginning of a file, which tells an SQLite database; of a shorter file the rest is zero.
type header [100]byte

func headerOf(name string) (h header, err error) {
	file, err := os.Open(name)
	if err != nil {
		return h, err
	}
	defer file.Close()
	if _, err = io.ReadFull(file, h[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return h, err
}

func (h header) isDatabase() bool { return string(h[:16]) == "SQLite format 3\x00" }

// IsDatabase reports whether a file can be read and is an SQLite database, be it a store or not.
func IsDatabase(name string) bool {
	h, err := headerOf(name)
	return err == nil && h.isDatabase()
}

// Name is the store's file.
func (s *Store) Name() string { return s.name }

// Close closes the store; closing it again does nothing. Of one that was written it removes the companions, unless
// somebody reads it: what is there is right then as well, and the companions go with the next who opens it for writing.
func (s *Store) Close() error {
	if s.lock == nil {
		return s.db.Close()
	}
	_, err := s.db.Exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE")
	var failed *sqlite.Error
	if errors.As(err, &failed) && slices.Contains([]int{sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}, failed.Code()&0xff) {
		err = nil
	}
	err = errors.Join(err, s.db.Close(), s.lock.Release())
	s.lock = nil
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// Declare records that an experiment is to be measured. An experiment may come with another grid, other trials,
// limits and words than before: measurements that are there stay and are not made again. Its subject and its seed
// may not change, since then what is there is of another experiment.
func (s *Store) Declare(ctx context.Context, e Experiment) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.transaction(ctx, func(tx *sql.Tx) error {
		var last string
		err := tx.QueryRowContext(ctx, "SELECT declaration FROM experiment WHERE id = ? ORDER BY number DESC LIMIT 1", e.ID).Scan(&last)
		switch {
		case err == nil && last == string(text):
			return nil
		case err == nil:
			var before Experiment
			if err := json.Unmarshal([]byte(last), &before); err != nil {
				return fmt.Errorf("%s: the declaration of experiment %q is damaged: %w", s.name, e.ID, err)
			}
			if err := e.follows(before); err != nil {
				return err
			}
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO experiment (id, declaration) VALUES (?, ?)", e.ID, string(text))
		return err
	})
}

// follows returns a *ChangedError if the experiment is not the one that was declared before.
func (e Experiment) follows(before Experiment) error {
	if before.Subject != e.Subject || before.Seed != e.Seed {
		return &ChangedError{Before: before, Now: e}
	}
	return nil
}

// ChangedError is the error of an experiment of which a store has measurements of another subject or seed.
type ChangedError struct{ Before, Now Experiment }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("experiment %q was measured on %q with seed %d, and is declared on %q with seed %d; give it another id, or take another store",
		e.Now.ID, e.Before.Subject, e.Before.Seed, e.Now.Subject, e.Now.Seed)
}

// Experiments lists the last declaration of every experiment, in the order in which they first came.
func (s *Store) Experiments(ctx context.Context) ([]Experiment, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT declaration FROM experiment ORDER BY number")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	defer rows.Close()
	var all []Experiment
	for rows.Next() {
		var text string
		var e Experiment
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, fmt.Errorf("%s: a declaration is damaged: %w", s.name, err)
		}
		if i := slices.IndexFunc(all, func(other Experiment) bool { return other.ID == e.ID }); i >= 0 {
			all[i] = e
		} else {
			all = append(all, e)
		}
	}
	return all, rows.Err()
}

// Add adds a measurement. When it returns nil the measurement is on disk. An attempt that is there already is an error,
// as is one that leaves out another, or whose numbers are not finite.
func (s *Store) Add(ctx context.Context, m Measurement) error {
	if err := m.check(); err != nil {
		return err
	}
	settings, err := json.Marshal(m.Cell)
	if err != nil {
		return err
	}
	counts, err := json.Marshal(m.Counts)
	if err != nil {
		return err
	}
	values, err := json.Marshal(m.Values)
	if err != nil {
		return err
	}
	return s.transaction(ctx, func(tx *sql.Tx) error {
		machine, err := s.machine(ctx, tx, m.Machine)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO measurement (experiment, cell, trial, attempt, time_limit, memory_limit,
			settings, seed, status, reason, counts, figures, seconds, repeats, whole, data, machine, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			m.Experiment, m.Cell.String(), m.Trial, m.Attempt, int64(m.Limits.Time), m.Limits.Memory,
			string(settings), strconv.FormatUint(m.Seed, 10), string(m.Status), m.Reason,
			string(counts), string(values), m.Seconds, m.Repeats, m.Whole, m.Data, machine, m.At.UTC().Format(time.RFC3339Nano))
		moment("inserted")
		return err
	})
}

// machine is the number of the row of a machine, which is made where there is none.
func (s *Store) machine(ctx context.Context, tx *sql.Tx, m Machine) (int64, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return 0, err
	}
	var number int64
	err = tx.QueryRowContext(ctx, "SELECT number FROM machine WHERE description = ?", string(text)).Scan(&number)
	if !errors.Is(err, sql.ErrNoRows) {
		return number, err
	}
	result, err := tx.ExecContext(ctx, "INSERT INTO machine (description) VALUES (?)", string(text))
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// check returns an error for what a store must not hold.
func (m Measurement) check() error {
	for _, name := range slices.Sorted(maps.Keys(m.Values)) {
		if x := m.Values[name]; math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("measure: the value %s of %v is %v; values must be finite", name, m.Cell, x)
		}
	}
	switch {
	case !(m.Seconds >= 0) || math.IsInf(m.Seconds, 0) || !(m.Whole >= 0) || math.IsInf(m.Whole, 0):
		return fmt.Errorf("measure: %v took %v of %v seconds", m.Cell, m.Seconds, m.Whole)
	case (m.Status == Done) != (m.Reason == ""):
		return fmt.Errorf("measure: a measurement has a reason if it is not done, and only then; %v is %s: %q", m.Cell, m.Status, m.Reason)
	}
	return nil
}

func (s *Store) transaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	var changed *ChangedError
	switch err := do(tx); {
	case errors.As(err, &changed):
		return errors.Join(err, tx.Rollback())
	case err != nil:
		return errors.Join(fmt.Errorf("%s: %w", s.name, err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// Measurements lists what was measured of an experiment, or of all for an empty ID, in the order in which it was: of each
// trial the last attempt.
func (s *Store) Measurements(ctx context.Context, experiment string) ([]Measurement, error) {
	return s.rows(ctx, `? IN ('', experiment) AND NOT EXISTS (SELECT 1 FROM measurement AS later WHERE later.experiment =
		measurement.experiment AND later.cell = measurement.cell AND later.trial = measurement.trial
		AND later.attempt > measurement.attempt)`, experiment)
}

// Attempts lists all that was ever measured of an experiment, or of all for an empty ID, in the order in which it was.
func (s *Store) Attempts(ctx context.Context, experiment string) ([]Measurement, error) {
	return s.rows(ctx, "? IN ('', experiment)", experiment)
}

// rows lists the measurements of which a condition holds.
func (s *Store) rows(ctx context.Context, where string, args ...any) ([]Measurement, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT experiment, trial, attempt, time_limit, memory_limit, settings, seed, status,
		reason, counts, figures, seconds, repeats, whole, data, description, at FROM measurement JOIN machine ON machine.number = measurement.machine
		WHERE `+where+" ORDER BY measurement.number", args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	defer rows.Close()
	var all []Measurement
	for rows.Next() {
		var m Measurement
		var settings, seed, counts, values, machine, at string
		err := rows.Scan(&m.Experiment, &m.Trial, &m.Attempt, &m.Limits.Time, &m.Limits.Memory, &settings, &seed, &m.Status,
			&m.Reason, &counts, &values, &m.Seconds, &m.Repeats, &m.Whole, &m.Data, &machine, &at)
		if err == nil {
			err = errors.Join(json.Unmarshal([]byte(settings), &m.Cell), json.Unmarshal([]byte(counts), &m.Counts),
				json.Unmarshal([]byte(values), &m.Values), json.Unmarshal([]byte(machine), &m.Machine))
		}
		if err == nil {
			m.Seed, err = strconv.ParseUint(seed, 10, 64)
		}
		if err == nil {
			m.At, err = time.Parse(time.RFC3339Nano, at)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: row %d is damaged: %w", s.name, len(all)+1, err)
		}
		all = append(all, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return all, nil
}
