// Package storetest is the conformance suite of package store: what every driver must do, on the real database. The
// drivers' tests call Run; nothing else imports it.
package storetest

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// deadline is how long a test waits for what must happen at once.
const deadline = 20 * time.Second

// Driver is what the suite needs of a driver.
type Driver struct {
	// New returns the DSN of a new, empty database that is gone when the test ends.
	New func(t *testing.T) string
	// ReadOnly turns a DSN into one that may not write.
	ReadOnly func(dsn string) string
	// Open opens a database as the runtime does.
	Open func(ctx context.Context, dsn string) (store.Store, error)
	// Raw opens it as any other program would; the suite closes it.
	Raw func(t *testing.T, dsn string) *sql.DB
	// Size reports what the database takes on the disk, in bytes.
	Size func(t *testing.T, raw *sql.DB, dsn string) int64
	// Legacy are statements, by name of the variant, that build the database of [Legacy]'s description with loose types.
	Legacy map[string]string
}

// Run runs the suite.
func Run(t *testing.T, d Driver) {
	tests := map[string]func(*testing.T, Driver){
		"empty":      testEmpty,
		"apps":       testApps,
		"modules":    testModules,
		"templates":  testTemplates,
		"users":      testUsers,
		"tokens":     testTokens,
		"track":      testTrack,
		"keys":       testKeys,
		"blobs":      testBlobs,
		"kv":         testKV,
		"secrets":    testSecrets,
		"runs":       testRuns,
		"runfilters": testRunFilters,
		"runstory":   testRunStory,
		"nodestats":  testNodeStats,
		"pruneruns":  testPruneRuns,
		"runsmany":   testRunsTogether,
		"instances":  testInstances,
		"kills":      testKills,
		"signals":    testSignals,
		"accounts":   testAccountSignals,
		"logins":     testLogins,
		"writers":    testWriters,
		"together":   testTogether,
		"reopen":     testReopen,
		"newer":      testNewer,
		"readonly":   testReadOnly,
		"overrides":  testOverrides,
		"watch":      testWatch,
		"watchquiet": testWatchQuiet,
		"watchother": testWatchOther,
		"cancelled":  testCancelled,
		"giveback":   testPruneGivesBack,
		"change":     testChange,
		"changes":    testChangesTogether,
		"snapshot":   testSnapshot,
		"owners":     testOwners,
		"served":     testServedBefore,
		"probe":      testProbe,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
	for name, sql := range d.Legacy {
		t.Run("legacy/"+name, func(t *testing.T) {
			t.Parallel()
			testLegacy(t, d, sql)
		})
	}
}

// open opens a database and closes it when the test ends.
func open(t *testing.T, d Driver, dsn string) store.Store {
	t.Helper()
	st, err := d.Open(ctx(t), dsn)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return st
}

// ctx ends with the test, or when that has taken too long.
func ctx(t *testing.T) context.Context {
	c, cancel := context.WithTimeout(context.Background(), deadline)
	t.Cleanup(cancel)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func get[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// isMissing checks that an error says that there is no such record, and its text what was looked for.
func isMissing(t *testing.T, err error, text string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.NotFound || !errors.Is(err, store.ErrNotFound) || f.Text != text {
		t.Errorf("got error %v, want NotFound with text %q", err, text)
	}
}
