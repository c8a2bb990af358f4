package sandbox
import ("testing";"fmt";"time")
func TestZZ(t *testing.T){ t0:=time.Now(); l:=learned(); fmt.Println(time.Since(t0), l.patched, l.auditable, l.why); t0=time.Now(); newAuditor(); fmt.Println(time.Since(t0)) }
