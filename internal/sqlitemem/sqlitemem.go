// Package sqlitemem configures and reads SQLite's memory. SQLite allocates outside of Go's
// heap, where no limit of Go's sees it.
//
// The two packages that open SQLite files (internal/store/sqlite, plugins/sqldb) call Count before their first
// connection; the engine counts InUse against the memory of the process. It must not know databases or runs.
package sqlitemem

import (
	"sync"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Count has SQLite count what it allocates, which is off by default in this build, and starts SQLite. The setting does
// nothing once a connection has been opened: SQLite takes it only before that. It may be called from any goroutine.
func Count() { counted() }

// counted is once for the process, as the setting is.
var counted = sync.OnceFunc(func() {
	with(func(tls *libc.TLS) {
		on := libc.NewVaList(int32(1))
		defer libc.Xfree(tls, on)
		sqlite3.Xsqlite3_config(tls, sqlite3.SQLITE_CONFIG_MEMSTATUS, on)
		sqlite3.Xsqlite3_initialize(tls)
	})
})

// InUse returns the bytes that SQLite holds for all databases of the process: pages, statements, values. It costs a
// microsecond and may be called from any goroutine, also while a first connection opens: SQLite is started before, for
// its start writes what this reads.
func InUse() (n int64) {
	Count()
	with(func(tls *libc.TLS) { n = sqlite3.Xsqlite3_memory_used(tls) })
	return n
}

// Limit has SQLite refuse to allocate when it would hold more than n bytes, whatever for. It is a last resort: the
// database of the runtime is refused as well. 0 is no limit.
func Limit(n int64) {
	with(func(tls *libc.TLS) { sqlite3.Xsqlite3_hard_heap_limit64(tls, n) })
}

func with(f func(*libc.TLS)) {
	tls := libc.NewTLS()
	defer tls.Close()
	f(tls)
}
