package admission

import (
	"strings"
	"testing"
)

// Forks are bounded by number and bytes, of each app apart, and what leaves frees its part.
func TestForkQuota(t *testing.T) {
	t.Parallel()
	all := NewForks(2, 100)
	quota := all.Quota("a")
	one, err := quota.Enter()
	if err != nil {
		t.Fatal(err)
	}
	two, err := quota.Enter()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := quota.Enter(); err == nil || !strings.Contains(err.Error(), "max_waiting_forks)") {
		t.Errorf("a third fork: %v", err)
	}
	if _, err := all.Quota("b").Enter(); err != nil {
		t.Errorf("the fork of another app: %v", err)
	}
	if err := one.Grow(60); err != nil {
		t.Error(err)
	}
	if err := two.Grow(60); err == nil || !strings.Contains(err.Error(), "max_waiting_forks_mb)") {
		t.Errorf("120 of 100 bytes: %v", err)
	}
	if forks, bytes := quota.State(); forks != 2 || bytes != 60 {
		t.Errorf("%d forks with %d bytes, want 2 with 60", forks, bytes)
	}
	one.Leave()
	one.Leave()
	if err := two.Grow(60); err != nil {
		t.Errorf("after the first has left: %v", err)
	}
	two.Leave()
	if forks, bytes := quota.State(); forks != 0 || bytes != 0 {
		t.Errorf("%d forks with %d bytes are left", forks, bytes)
	}
	var none Fork
	if err := none.Grow(1 << 40); err != nil {
		t.Errorf("a fork that takes nothing: %v", err)
	}
	none.Leave()
}
