package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Trouble is what keeps a database from being read or written until an operator repairs it.
type Trouble string

// The troubles; "" is none, or one that is not known.
const (
	DiskFull    Trouble = "disk_full"
	ReadOnly    Trouble = "read_only" // the file, its disk, or a standby of PostgreSQL
	Denied      Trouble = "denied"    // the user may not write
	Damaged     Trouble = "damaged"
	DiskFailing Trouble = "disk_failing"
	Locked      Trouble = "locked"   // by another program
	Moved       Trouble = "moved"    // another file, or none, is where the database was opened
	serverFull  Trouble = "full"     // DiskFull of PostgreSQL
	standby     Trouble = "standby"  // ReadOnly of PostgreSQL
	corrupt     Trouble = "corrupt"  // Damaged of PostgreSQL
	serverDisk  Trouble = "io_error" // DiskFailing of PostgreSQL
)

// Kind returns the trouble without telling the databases apart.
func (t Trouble) Kind() Trouble {
	switch t {
	case serverFull:
		return DiskFull
	case standby:
		return ReadOnly
	case corrupt:
		return Damaged
	case serverDisk:
		return DiskFailing
	}
	return t
}

// text returns what is wrong and how to fix it; "" where nothing is known.
func (t Trouble) text() string {
	switch t {
	case DiskFull:
		return "the disk of the SQLite database is full; free space where database_nflow.dsn or --data points to"
	case ReadOnly:
		return "the SQLite database is read-only; check the permissions of file and folder where database_nflow.dsn or --data points to, " +
			"and whether that disk is mounted read-only"
	case Damaged:
		return "the SQLite database is damaged; stop the runtime, keep the file, and put a copy made by \"nflow-runtime backup\" in its place " +
			"(database_nflow.dsn or --data points to it), or save what can be read: sqlite3 nflow.db .recover | sqlite3 new.db"
	case DiskFailing:
		return "the disk of the SQLite database reports errors; check the disk where database_nflow.dsn or --data points to, and its quota"
	case Locked:
		return "another program keeps the SQLite database locked; stop that one, or name another file with database_nflow.dsn or --data"
	case Moved:
		return "the file of the SQLite database was moved, deleted or replaced while it was in use; what is written now is lost: " +
			"stop the runtime, put the file back where database_nflow.dsn or --data points to, and start it again"
	case serverFull:
		return "the disk of the PostgreSQL server is full; free space there (database_nflow.dsn says which server)"
	case standby:
		return "the PostgreSQL database rejects writes, as a standby does; name the primary in database_nflow.dsn, or set default_transaction_read_only off there"
	case Denied:
		return "the user of database_nflow.dsn may not write to this table; grant it SELECT, INSERT, UPDATE and DELETE on all tables of the database"
	case corrupt:
		return "the PostgreSQL database is damaged; check the log of the server, and restore a backup made by pg_dump into a new database (database_nflow.dsn)"
	case serverDisk:
		return "the disk of the PostgreSQL server reports errors; check the log of the server (database_nflow.dsn says which)"
	}
	return ""
}

// Result codes of SQLite, without what is added for details.
const (
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteReadOnly = 8
	sqliteIOErr    = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteNotADB   = 26

	sqliteReadOnlyMoved = 8 | 4<<8
	sqliteShmSize       = 10 | 19<<8 // the file beside it, which WAL shares, cannot grow
)

// TroubleOf reports what is wrong with the database from an error of its driver, or of a Store. The drivers are not known
// here: SQLite's errors have a result code, those of PostgreSQL a SQLSTATE.
func TroubleOf(err error) Trouble {
	if e, ok := errors.AsType[troubled](err); ok {
		return e.trouble
	}
	if e, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		return sqliteTrouble(e.Code())
	}
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return postgresTrouble(e.SQLState())
	}
	return ""
}

func sqliteTrouble(code int) Trouble {
	switch code {
	case sqliteReadOnlyMoved:
		return Moved
	case sqliteShmSize:
		return DiskFull
	}
	switch code & 0xff {
	case sqliteFull:
		return DiskFull
	case sqliteReadOnly, sqliteCantOpen:
		return ReadOnly
	case sqliteCorrupt, sqliteNotADB:
		return Damaged
	case sqliteIOErr:
		return DiskFailing
	case sqliteBusy, sqliteLocked:
		return Locked
	}
	return ""
}

func postgresTrouble(state string) Trouble {
	switch state {
	case "53100":
		return serverFull
	case "25006":
		return standby
	case "42501":
		return Denied
	case "XX001", "XX002":
		return corrupt
	case "58030":
		return serverDisk
	}
	return ""
}

// troubled is the cause of an error whose trouble the database's own error does not show.
type troubled struct {
	trouble Trouble
	cause   error
}

func (t troubled) Error() string {
	if t.cause == nil {
		return string(t.trouble)
	}
	return t.cause.Error()
}

func (t troubled) Unwrap() error { return t.cause }

// Troubled makes the error of a trouble; cause may be nil.
func Troubled(t Trouble, cause error) error {
	return &fault.Error{Kind: fault.Unavailable, Text: t.text(), Cause: troubled{t, cause}}
}

// note remembers that something read was damaged, which does not go away, and returns the error.
func (b *Base) note(err error) error {
	if err == nil {
		return nil
	}
	if t := TroubleOf(err); t.Kind() == Damaged && b.damage.Load() == nil {
		b.damage.Store(&damage{Troubled(t, err)})
	}
	return err
}

// FoundDamage is for a driver that has looked for damage: from now on Probe reports it.
func (b *Base) FoundDamage(cause error) { _ = b.note(Troubled(Damaged, cause)) }

type damage struct{ error }

// Probe implements [Store]. It commits, because a disk that is full shows only then. What was found damaged once stays so.
func (b *Base) Probe(ctx context.Context) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE nflow_probe SET written = `+b.d.Now+` WHERE id = 1`)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO nflow_probe (id, written) VALUES (1, `+b.d.Now+`) ON CONFLICT DO NOTHING`)
		return err
	})
	if found := b.damage.Load(); found != nil {
		return found.error
	}
	if t := TroubleOf(err); t.text() != "" {
		return Troubled(t, err)
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database cannot be written")
	}
	return nil
}
