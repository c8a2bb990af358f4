package sandbox

// This file is the meter as functions of the host see it: they do in Go, without a tick, what flow code passes them.

// Stopped returns why the run was stopped, nil while it may continue.
func (vm *VM) Stopped() error {
	vm.meter.turn()
	return vm.meter.stopped()
}

// Hold reserves n bytes that the host is about to allocate for the run, and that no audit sees until Release. Where they
// are more than the run may have, it stops the run and returns why.
func (vm *VM) Hold(n int64) error {
	m := &vm.meter
	m.turn()
	limit := m.limits.Memory
	if limit <= 0 {
		return m.stopped()
	}
	m.inFlight += n // also what is refused: Release follows
	if m.inFlight > limit {
		m.stop(m.memoryExceeded())
	}
	if m.stopped() != nil || !m.claim(n) {
		return m.stopped()
	}
	m.charged += n
	if m.unsampled += n; m.unsampled >= largeAllocation {
		m.sampleHeap(n)
	}
	if m.sinceAudit += n; m.sinceAudit > limit/4 && m.stopped() == nil {
		m.audit()
	}
	return m.stopped()
}

// Release returns bytes of Hold that are garbage, or values of the VM by now.
func (vm *VM) Release(n int64) {
	if vm.meter.limits.Memory > 0 {
		vm.meter.inFlight -= n
	}
}

// Beside counts n bytes more, or less, that the host holds for the run on other goroutines. Where they are more than the run
// may have, it stops the run and returns why. It may be called from any goroutine.
func (vm *VM) Beside(n int64) error {
	m := &vm.meter
	if held := m.beside.Add(n); m.limits.Memory > 0 && held > m.limits.Memory {
		m.stop(m.memoryExceeded())
	}
	return m.stopped()
}
