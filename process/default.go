package process

import "sync/atomic"

// current is the repository that the package-level functions work on. Programs that use engine's package-level
// functions have one runtime; everything else holds a Repository of its own.
var current atomic.Pointer[Repository]

// InitializeRepository makes the package's own repository when there is none yet.
func InitializeRepository() { Default() }

// Default returns the package's own repository.
func Default() *Repository {
	if r := current.Load(); r != nil {
		return r
	}
	current.CompareAndSwap(nil, NewRepository())
	return current.Load()
}

// GetProcessID finds a live run of the default repository, or nil.
func GetProcessID(wid string) *Process {
	p, _ := Default().Get(wid)
	return p
}

// WKill ends a run of the default repository and reports whether it was live.
func WKill(wid string) bool { return Default().Kill(wid, ErrKilled) }

// WKillAll ends all runs of the default repository and returns how many there were.
func WKillAll() int { return Default().KillAll(ErrKilled) }

// Ps lists all live runs of the default repository.
func Ps() []Info { return Default().List() }
