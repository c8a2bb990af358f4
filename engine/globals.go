package engine

import (
	"os"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
	"github.com/arturoeanton/nflow-runtime/internal/runloop"
	"github.com/arturoeanton/nflow-runtime/process"
)

// globalsDeps returns what the families of host functions need of a run and of the runtime.
func (rt *Runtime) globalsDeps(files jsapi.Files) jsapi.Deps {
	return jsapi.Deps{
		Exchange: runloop.ExchangeOf,
		Session:  runloop.SessionOf,
		Users:    users{rt}, Tokens: users{rt},
		Template: func(r *hostfn.Run, name string) (string, bool) {
			source, ok := runloop.VersionOf(r).Templates[name]
			return source, ok
		},
		Kill:          func(wid string) bool { return rt.processes.Kill(wid, process.ErrKilled) },
		KillElsewhere: rt.opts.KillElsewhere,
		Config:        rt.config.Redacted(),
		Env:           rt.config.Env,
		URLBase:       rt.config.URLConfig.URLBase,
		Files:         files,
		SessionCookie: rt.holdsSessions,
	}
}

// Allow reports whether [vm_pool] opens a capability.
func (rt *Runtime) Allow(setting string) error {
	vm := &rt.config.VMPoolConfig
	open := map[string]bool{"enable_filesystem": vm.EnableFilesystem, "enable_network": vm.EnableNetwork, "enable_process": vm.EnableProcess}
	if open[setting] {
		return nil
	}
	return fault.New(fault.Denied, "this is off: set [vm_pool] %s = true to allow it", setting)
}

// fileRoot opens the directory that flows may use. Nothing of a path can lead out of it.
func (rt *Runtime) fileRoot() (jsapi.Files, error) {
	vm := &rt.config.VMPoolConfig
	if !vm.EnableFilesystem || vm.FilesystemRoot == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(vm.FilesystemRoot)
	if err != nil {
		return nil, fault.InvalidSetting("vm_pool.filesystem_root", err, "[vm_pool] filesystem_root cannot be opened")
	}
	return root, nil
}

// memoryShort reports whether memory is too short for another run.
func (rt *Runtime) memoryShort() bool {
	return rt.limits.VM.Budget != nil && rt.limits.VM.Budget.Full()
}
