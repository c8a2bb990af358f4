package config_test

import (
	"strings"
	"testing"
)

// TestSwitches: what is exactly a known form counts; all else is refused by the variable's name, with the forms.
func TestSwitches(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"true": "on", "TRUE": "on", "yes": "on", "Yes": "on", "on": "on", "1": "on",
		"false": "off", "no": "off", "NO": "off", "off": "off", "0": "off",
		"y": "", "n": "", "t": "", "f": "", "enabled": "", "2": "", "01": "", "1.0": "", " true": "", "true ": "", "\"true\"": "", "yes!": "", "si": "",
	} {
		for key, variable := range map[string]string{
			"vm_pool.enable_network": "NFLOW_VM_POOL_ENABLE_NETWORK", "vm_pool.cancel_on_disconnect": "NFLOW_VM_POOL_CANCEL_ON_DISCONNECT",
		} {
			ws, _, err := load(t, "", variable+"="+text)
			switch {
			case want != "" && err != nil:
				t.Errorf("%s=%s is refused: %v", variable, text, err)
			case want != "":
				if vm := ws.VMPoolConfig; key == "vm_pool.enable_network" && vm.EnableNetwork != (want == "on") ||
					key != "vm_pool.enable_network" && *vm.CancelOnDisconnect != (want == "on") {
					t.Errorf("%s=%s is not taken for %s", variable, text, want)
				}
			case err == nil:
				t.Errorf("%s=%q is accepted", variable, text)
			case !strings.HasPrefix(err.Error(), variable+": "+key+" = ") ||
				!strings.HasSuffix(err.Error(), "is not accepted: want true, yes, on or 1; or false, no, off or 0"):
				t.Errorf("%s=%q: %v", variable, text, err)
			}
		}
	}
}
