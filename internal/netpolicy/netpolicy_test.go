package netpolicy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func dialer(t testing.TB, allow ...string) *Dialer {
	t.Helper()
	d, err := New(allow)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDialerRefusesWhatIsNotPublic(t *testing.T) {
	t.Parallel()
	d := dialer(t)
	for _, a := range strings.Fields(`0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254
		169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.168.1.1 198.18.0.1 224.0.0.1 239.255.255.255 240.0.0.1
		255.255.255.255 168.63.129.16 [::] [::1] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:10.0.0.1] [::ffff:a9fe:a9fe] [::ffff:0:127.0.0.1]
		[64:ff9b::127.0.0.1] [64:ff9b::a00:1] [64:ff9b:1::10.0.0.1] [2002:7f00:1::] [2001::1] [fc00::1] [fd00:ec2::254] [fe80::1] [fe80::1%eth0]
		[fec0::1] [ff02::1] [2001:db8::1] [100::1] [4000::1] [5f00::1]`) {
		err := d.judgeAddress("h", a+":80")
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Kind != fault.Denied || !strings.Contains(f.Text, "[vm_pool] network_allow") {
			t.Errorf("%s: %v", a, err)
		}
		if ok && strings.Contains(f.Text, "it is") {
			t.Errorf("%s: the text tells the address: %s", a, f.Text)
		}
	}
	for _, a := range strings.Fields(`8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.1.1 [2606:4700:4700::1111]
		[64:ff9b::8.8.8.8] [::ffff:8.8.8.8]`) {
		if err := d.judgeAddress("h", a+":80"); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestDialerList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		allow      string // by blanks
		yes, no    string // host:port=resolved
		unresolved string // host:port that is refused without a look-up
	}{
		{"api.example.com", "api.example.com:80=8.8.8.8 API.Example.com.:443=10.0.0.1", "", "example.com:80 x.api.example.com:80 api.example.com.evil:80"},
		{"api.example.com:443", "api.example.com:443=8.8.8.8", "", "api.example.com:80"},
		{"*.example.com", "a.example.com:80=8.8.8.8 a.b.example.com:80=8.8.8.8", "", "example.com:80 badexample.com:80"},
		{"10.0.0.0/8", "10.1.2.3:80=10.1.2.3 any:80=10.1.2.3 any:80=[::ffff:10.1.2.3] any:80=[64:ff9b::10.1.2.3]", "any:80=8.8.8.8 any:80=11.0.0.1 any:80=127.0.0.1", ""},
		{"::ffff:10.0.0.0/104", "any:80=10.1.2.3", "any:80=11.0.0.1", ""},
		{"127.0.0.1:8080", "127.0.0.1:8080=127.0.0.1 localhost:8080=127.0.0.1", "127.0.0.1:80=127.0.0.1 any:8080=127.0.0.2", ""},
		{"[::1]:8080 ::1", "[::1]:8080=[::1] [::1]:9=[::1]", "any:80=[::2]", ""},
		{"localhost 10.0.0.1", "localhost:1=127.0.0.1 any:1=10.0.0.1", "127.0.0.1:1=127.0.0.1 any:1=8.8.8.8", ""},
	} {
		d := dialer(t, strings.Fields(c.allow)...)
		judge := func(call string) error {
			address, resolved, _ := strings.Cut(call, "=")
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				t.Fatal(err)
			}
			named, err := d.judgeName(host, port)
			if err != nil || named {
				return err
			}
			if resolved == "" {
				t.Errorf("%s: %s would be looked up", c.allow, call)
			}
			return d.judgeAddress(host, resolved+":"+port)
		}
		for _, call := range strings.Fields(c.yes) {
			if err := judge(call); err != nil {
				t.Errorf("%s: %s: %v", c.allow, call, err)
			}
		}
		for _, call := range append(strings.Fields(c.no), strings.Fields(c.unresolved)...) {
			if err := judge(call); err == nil || !strings.Contains(err.Error(), "is not in [vm_pool] network_allow for port ") {
				t.Errorf("%s: %s: %v", c.allow, call, err)
			}
		}
	}
	for _, bad := range []string{"", "*", "*.", "a b", "https://x", "x:0", "x:70000", "x:http", "10.0.0.0/33", "[::1"} {
		if _, err := New([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestDialerConnects(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1", "0.0.0.0", "2130706433", "0177.0.0.1", "0x7f000001", "0x7f.1", "127.1", "127.0.0.1."} {
		conn, err := dialer(t).DialContext(context.Background(), "tcp", net.JoinHostPort(host, port))
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Denied || conn != nil {
			t.Errorf("%s: %v %v", host, conn, err)
		}
	}
	for _, allow := range []string{"localhost", "127.0.0.1:" + port, "127.0.0.0/8"} {
		conn, err := dialer(t, allow).DialContext(context.Background(), "tcp", "localhost:"+port)
		if err != nil {
			t.Errorf("%s: %v", allow, err)
			continue
		}
		conn.Close()
	}
	if _, err := dialer(t).DialContext(context.Background(), "unix", "/tmp/x"); err == nil {
		t.Error("a socket of the machine can be reached")
	}
}

// FuzzDialer checks the judgement of addresses against what the standard library says of them, and that no list entry
// and no host can make the dialer panic or name what it did not list.
func FuzzDialer(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "fe80::1%eth0", "8.8.8.8", "api.example.com", "*.a.b", "[::1]:80", "10.0.0.0/8", "0x7f.1"} {
		f.Add(s, "localhost")
	}
	open := dialer(f)
	f.Fuzz(func(t *testing.T, text, host string) {
		if a, err := netip.ParseAddr(text); err == nil {
			allowed := open.judgeAddress("h", netip.AddrPortFrom(a, 80).String()) == nil
			a = a.Unmap()
			if allowed && (!a.IsGlobalUnicast() && !open.nat64.Contains(a) || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast()) {
				t.Errorf("%s may be reached", a)
			}
		}
		_, _ = open.judgeName(text, "80")
		d, err := New([]string{text})
		if err != nil {
			return
		}
		named, err := d.judgeName(host, "80")
		if named && err == nil && !strings.Contains(strings.ToLower(text), ".") && !strings.EqualFold(strings.TrimSuffix(strings.Split(strings.TrimSpace(text), ":")[0], "."), strings.TrimSuffix(host, ".")) {
			t.Errorf("the list %q names %q", text, host)
		}
	})
}
