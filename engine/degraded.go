package engine

import (
	"log/slog"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// checkSandbox returns an error where scripts cannot be bounded with the goja that the program is linked with, or less well
// than [vm_pool] require_full_limits wants; degraded and unusable are what the sandbox says. Else it logs what is degraded.
func checkSandbox(degraded string, unusable error, requireFull bool, log *slog.Logger) error {
	switch {
	case unusable != nil:
		return unusable
	case degraded == "":
		return nil
	case requireFull:
		return fault.New(fault.Internal, "the sandbox is degraded (%s) and [vm_pool] require_full_limits is on: link the version of goja that go.mod of nflow-runtime names", degraded)
	}
	log.Error("the sandbox is degraded: limits are kept, but cost more, and memory is bounded less exactly; link the version of goja that go.mod of nflow-runtime names", "reason", degraded)
	return nil
}
