// Package netpolicy says which hosts flow code may reach, by [vm_pool] network_allow, and connects to them and to no other.
//
// Every client that takes a host from a flow uses its Dialer: the plugins http, mail and ai, and the fetch of key sets. It
// knows none of them.
package netpolicy

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Dialer connects to the hosts that flow code may reach. Every client that takes a host from a flow uses it: flow code
// and the data in it are hostile, and the machine stands in a network that trusts it.
//
// The address is checked when the socket is about to connect, after names were resolved: a name whose response changes
// between two looks (DNS rebinding), a redirect and an odd spelling of an address all come down to that address. Its
// methods may be called from any goroutine.
type Dialer struct {
	names     map[string][]string // host or "*.domain" → ports, "" for every port
	addresses []allowedNet
	reserved  []netip.Prefix
	nat64     netip.Prefix
	timeout   time.Duration
}

// allowedNet is a network that the list names; port is "" for every port.
type allowedNet struct {
	prefix netip.Prefix
	port   string
}

// reservedNets are the networks that are not the public internet, by IANA's registries of special-purpose addresses.
// Of IPv6 everything outside 2000::/3 is refused too; see public.
const reservedNets = `
	0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.31.196.0/24
	192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4
	240.0.0.0/4 168.63.129.16/32
	2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20`

// New makes a Dialer for a list of hosts ("api.example.com", "*.example.org"), each with or without a port,
// addresses and networks ("10.0.0.0/8"). With an empty list every public address may be reached; otherwise only what
// the list names, be it public or private.
func New(allow []string) (*Dialer, error) {
	d := &Dialer{names: map[string][]string{}, nat64: netip.MustParsePrefix("64:ff9b::/96"), timeout: 10 * time.Second}
	for text := range strings.FieldsSeq(reservedNets) {
		d.reserved = append(d.reserved, netip.MustParsePrefix(text))
	}
	for _, entry := range allow {
		if err := d.allow(strings.TrimSpace(entry)); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *Dialer) allow(entry string) error {
	if p, err := netip.ParsePrefix(entry); err == nil {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		d.addresses = append(d.addresses, allowedNet{prefix: p.Masked()})
		return nil
	}
	host, port := entry, ""
	if _, err := netip.ParseAddr(entry); err != nil { // "::1" is no host "::" with port 1
		if h, p, err := net.SplitHostPort(entry); err == nil {
			if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
				return fault.InvalidSetting("vm_pool.network_allow", nil, "[vm_pool] network_allow: %q has no port between 1 and 65535", entry)
			}
			host, port = h, p
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		host = strings.TrimSuffix(inner, "]")
	}
	if a, err := netip.ParseAddr(host); err == nil {
		a = d.plain(a)
		d.addresses = append(d.addresses, allowedNet{netip.PrefixFrom(a, a.BitLen()), port})
		return nil
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if bare := strings.TrimPrefix(host, "*."); bare == "" || strings.ContainsAny(bare, "*/:[]% \t\r\n") {
		return fault.InvalidSetting("vm_pool.network_allow", nil, "[vm_pool] network_allow: %q is not a host, host:port, address or network", entry)
	}
	d.names[host] = append(d.names[host], port)
	return nil
}

// DialContext connects to host:port over TCP. What it refuses is a fault of kind Denied that names the setting.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return nil, fault.New(fault.Denied, "flows connect by TCP only")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%q is not host:port", address)
	}
	named, err := d.judgeName(host, port)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: d.timeout, Control: func(_, resolved string, _ syscall.RawConn) error {
		if named {
			return nil
		}
		return d.judgeAddress(host, resolved)
	}}
	return dialer.DialContext(ctx, network, address)
}

// judgeName reports whether the list names the host. It refuses what no look-up can make right, so that hosts which are
// not listed are not even asked for: a look-up carries data too.
func (d *Dialer) judgeName(host, port string) (named bool, err error) {
	if _, err := netip.ParseAddr(host); err == nil {
		return false, nil
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if numeric(name) {
		return false, fault.New(fault.Denied, "host %q is an unusual spelling of an address: write it as 203.0.113.7", host)
	}
	if d.listed(name, port) {
		return true, nil
	}
	for rest := name; ; {
		_, parent, found := strings.Cut(rest, ".")
		if !found {
			break
		}
		if d.listed("*."+parent, port) {
			return true, nil
		}
		rest = parent
	}
	if len(d.names) > 0 && len(d.addresses) == 0 {
		return false, notListed(host, port)
	}
	return false, nil
}

func (d *Dialer) listed(name, port string) bool {
	for _, p := range d.names[name] {
		if p == "" || p == port {
			return true
		}
	}
	return false
}

// numeric reports whether a name ends in a number: resolvers of some systems read 2130706433, 0x7f.1 and 127.1 as
// 127.0.0.1, and no top-level domain is a number.
func numeric(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if last == "" {
		return false
	}
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// judgeAddress refuses an address, "ip:port", that flows may not reach. host is what was asked for, for the message.
func (d *Dialer) judgeAddress(host, address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fault.Wrap(fault.Denied, err, "host %q has an invalid address", host)
	}
	a, port := d.plain(at.Addr()), strconv.Itoa(int(at.Port()))
	for _, n := range d.addresses {
		if (n.port == "" || n.port == port) && n.prefix.Contains(a) {
			return nil
		}
	}
	if len(d.addresses) > 0 || len(d.names) > 0 {
		return notListed(host, port)
	}
	if d.public(a) {
		return nil
	}
	return &fault.Error{
		Kind: fault.Denied, Cause: fmt.Errorf("it is %s", a),
		Text: fmt.Sprintf("host %q is not on the public internet: list it in [vm_pool] network_allow to let flows reach it", host),
	}
}

func notListed(host, port string) error {
	return fault.New(fault.Denied, "host %q is not in [vm_pool] network_allow for port %s", host, port)
}

// plain returns the address that packets go to: without zone, and of IPv4 in IPv6 (mapped, or translated by NAT64) the
// IPv4 address.
func (d *Dialer) plain(a netip.Addr) netip.Addr {
	a = a.WithZone("").Unmap()
	if d.nat64.Contains(a) {
		b := a.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

// public reports whether an address is one of the public internet.
func (d *Dialer) public(a netip.Addr) bool {
	if !a.IsValid() || a.Is6() && a.As16()[0]&0xe0 != 0x20 {
		return false
	}
	for _, p := range d.reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
