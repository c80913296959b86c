package measure

// The store's tables. What a store promises, its triggers hold, whoever writes: rows come and stay as they are. A
// conflicting INSERT OR REPLACE, which deletes without asking triggers of deletion, is refused on insertion.

// Marks of a store in the header of its file, by which it is told from other databases before it is touched.
const (
	applicationID = 0x66696e65 // "fine"
	schemaVersion = 2
)

var schema = `
CREATE TABLE experiment (
	number INTEGER PRIMARY KEY,
	id TEXT NOT NULL,          -- one experiment may be declared anew: the last declaration counts
	declaration TEXT NOT NULL  -- JSON
) STRICT;
CREATE TABLE machine (
	number INTEGER PRIMARY KEY,
	description TEXT NOT NULL UNIQUE -- JSON
) STRICT;
CREATE TABLE measurement (
	number INTEGER PRIMARY KEY,
	experiment TEXT NOT NULL,
	cell TEXT NOT NULL,        -- the cell's text
	trial INTEGER NOT NULL CHECK (trial >= 0),
	attempt INTEGER NOT NULL,  -- the how manieth of this trial, from 0; the last counts
	time_limit INTEGER NOT NULL,   -- nanoseconds; 0: none
	memory_limit INTEGER NOT NULL, -- bytes; 0: none
	settings TEXT NOT NULL,    -- the cell as JSON
	seed TEXT NOT NULL,        -- decimal, up to 2^64−1
	status TEXT NOT NULL CHECK (status IN ('done', 'time', 'memory', 'refused', 'failed')),
	reason TEXT NOT NULL CHECK ((status = 'done') = (reason = '')),
	counts TEXT NOT NULL,      -- JSON
	figures TEXT NOT NULL,     -- the values as JSON
	seconds REAL NOT NULL,
	repeats INTEGER NOT NULL,
	whole REAL NOT NULL,
	data TEXT NOT NULL,
	machine INTEGER NOT NULL REFERENCES machine (number),
	at TEXT NOT NULL,          -- RFC 3339, in UTC
	UNIQUE (experiment, cell, trial, attempt)
) STRICT;
CREATE TRIGGER measured_once BEFORE INSERT ON measurement
	WHEN EXISTS (SELECT 1 FROM measurement WHERE number = NEW.number)
		OR NEW.attempt <> (SELECT count(*) FROM measurement
			WHERE experiment = NEW.experiment AND cell = NEW.cell AND trial = NEW.trial)
	BEGIN SELECT RAISE (ABORT, 'this attempt was measured before, and a measurement is never rewritten'); END;
CREATE TRIGGER declared_once BEFORE INSERT ON experiment
	WHEN EXISTS (SELECT 1 FROM experiment WHERE number = NEW.number)
	BEGIN SELECT RAISE (ABORT, 'a declaration is never rewritten'); END;
CREATE TRIGGER machine_once BEFORE INSERT ON machine
	WHEN EXISTS (SELECT 1 FROM machine WHERE number = NEW.number OR description = NEW.description)
	BEGIN SELECT RAISE (ABORT, 'a machine is never rewritten'); END;
` + keep("measurement") + keep("experiment") + keep("machine")

// keep is the triggers that refuse to change or delete rows of a table.
func keep(table string) string {
	out := ""
	for _, event := range []string{"UPDATE", "DELETE"} {
		out += "CREATE TRIGGER no_" + event + "_of_" + table + " BEFORE " + event + " ON " + table +
			" BEGIN SELECT RAISE (ABORT, 'rows of " + table + " are never changed or deleted'); END;\n"
	}
	return out
}
