package redisconn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"
	"golang.org/x/sync/errgroup"
)

const (
	slots      = 16384
	reloadTime = 100 * time.Millisecond // between two looks at a table that changes
)

// table says which node of a cluster has which slots. mu of the client guards all but loading.
type table struct {
	spans   []span
	stale   bool          // a node said otherwise, or was away
	loaded  time.Time     // zero: never
	from    string        // the node that told it
	loading chan struct{} // holds one value while the table is loaded
}

// span is a part of the slots.
type span struct {
	first, last int64
	addr        string
}

// place returns the address that a command goes to.
func (c *Client) place(ctx context.Context, command string, args []any) (string, error) {
	switch {
	case c.set.master != "":
		return "", nil
	case !c.set.cluster:
		return c.set.addrs[0], nil
	}
	slot := slotOf(keyOf(command, args))
	addr, fresh := c.lookup(slot)
	if fresh {
		return addr, nil
	}
	select {
	case c.table.loading <- struct{}{}:
		defer func() { <-c.table.loading }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if addr, fresh := c.lookup(slot); fresh { // another call has loaded it
		return addr, nil
	}
	if err := c.load(ctx); err != nil && addr == "" {
		return "", err
	}
	addr, _ = c.lookup(slot)
	return cmp.Or(addr, c.set.addrs[0]), nil // a node that does not have the slot either says so
}

// lookup returns the node of a slot, "" where none is known, and whether the table is as good as it gets.
func (c *Client) lookup(slot int64) (addr string, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fresh = !c.table.loaded.IsZero() && (!c.table.stale || time.Since(c.table.loaded) < reloadTime)
	for _, s := range c.table.spans {
		if s.first <= slot && slot <= s.last {
			return s.addr, fresh
		}
	}
	return "", false
}

// stale has the table loaded before the next command.
func (c *Client) stale(yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.table.stale = c.table.stale || yes
}

// load asks the nodes in turn for the table, and closes the connections to those that are none any more.
func (c *Client) load(ctx context.Context) error {
	c.mu.Lock()
	nodes := append([]string{c.table.from}, c.set.addrs...) // one that hangs is not the first to be asked again
	for _, s := range c.table.spans {
		nodes = append(nodes, s.addr)
	}
	c.mu.Unlock()
	failed := errors.New("redis: the cluster has no node")
	for _, addr := range distinct(nodes) {
		reply, _, err := c.send(ctx, addr, false, "CLUSTER", []any{"SLOTS"})
		spans, err := spansOf(reply, err, addr)
		if err != nil {
			failed = err
			continue
		}
		c.mu.Lock()
		c.table.spans, c.table.stale, c.table.loaded = spans, false, time.Now()
		c.table.from = addr
		for addr := range c.pools {
			if !slices.Contains(c.set.addrs, addr) && !slices.ContainsFunc(spans, func(s span) bool { return s.addr == addr }) {
				c.drop(addr)
			}
		}
		c.mu.Unlock()
		return nil
	}
	return failed
}

// distinct returns the addresses that are not empty, each once.
func distinct(addrs []string) []string {
	var all []string
	for _, addr := range addrs {
		if addr != "" && !slices.Contains(all, addr) {
			all = append(all, addr)
		}
	}
	return all
}

// spansOf reads the reply to CLUSTER SLOTS: parts of first slot, last slot and nodes, the first of which may write.
func spansOf(reply any, err error, from string) ([]span, error) {
	parts, err := redis.Values(reply, err)
	if err != nil {
		return nil, err
	}
	var spans []span
	for _, part := range parts {
		fields, err := redis.Values(part, nil)
		if err != nil || len(fields) < 3 {
			return nil, errors.New("redis: the reply to CLUSTER SLOTS has another form")
		}
		first, err1 := redis.Int64(fields[0], nil)
		last, err2 := redis.Int64(fields[1], nil)
		node, err3 := redis.Values(fields[2], nil)
		if err := errors.Join(err1, err2, err3); err != nil || len(node) < 2 {
			return nil, fmt.Errorf("redis: the reply to CLUSTER SLOTS has another form: %w", err)
		}
		host, _ := redis.String(node[0], nil) // nil when the node does not know its own
		port, err := redis.Int64(node[1], nil)
		if err != nil {
			return nil, fmt.Errorf("redis: the reply to CLUSTER SLOTS has another form: %w", err)
		}
		spans = append(spans, span{first, last, nodeAt(host, strconv.FormatInt(port, 10), from)})
	}
	return spans, nil
}

// nodeAt returns the address of a node as another one names it: one that names no host, or its own loopback, means its own
// host.
func nodeAt(host, port, from string) string {
	own, _, _ := net.SplitHostPort(from)
	if host == "" || net.ParseIP(host).IsLoopback() && own != "localhost" {
		host = own
	}
	return net.JoinHostPort(host, port)
}

// redirection returns where a node says that a command belongs, "" for nowhere else, and whether only this once.
func redirection(refusal redis.Error, from string) (addr string, ask bool) {
	words := strings.Fields(string(refusal)) // MOVED 3999 127.0.0.1:6381
	if len(words) != 3 || words[0] != "MOVED" && words[0] != "ASK" {
		return "", false
	}
	host, port, err := net.SplitHostPort(words[2])
	if err != nil {
		return "", false
	}
	return nodeAt(host, port, from), words[0] == "ASK"
}

// Del removes keys and returns how many existed. In a cluster, whose commands take keys of one slot only, slots are asked
// side by side, and after an error some keys are removed.
func (c *Client) Del(ctx context.Context, keys []string) (int64, error) {
	slot := func(string) int64 { return 0 }
	if c.set.cluster {
		slot = slotOf
	}
	bySlot := map[int64][]any{}
	for _, key := range keys {
		at := slot(key)
		bySlot[at] = append(bySlot[at], key)
	}
	var removed atomic.Int64
	var group errgroup.Group
	group.SetLimit(max(1, c.set.maxOpen/2)) // others need connections too
	for _, some := range bySlot {
		group.Go(func() error {
			n, err := redis.Int64(c.Do(ctx, "DEL", some...))
			removed.Add(n)
			return err
		})
	}
	err := group.Wait()
	return removed.Load(), err
}

// keyOf returns what says where a command belongs.
func keyOf(command string, args []any) string {
	at := 0
	if strings.HasPrefix(command, "EVAL") {
		at = 2 // after the script and the number of keys
	}
	if at >= len(args) {
		return ""
	}
	key, _ := args[at].(string)
	return key
}

// slotOf hashes a key, or what stands in its first braces, by CRC-16/XMODEM.
func slotOf(key string) int64 {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(rest, "}"); ok && tag != "" {
			key = tag
		}
	}
	var sum uint16
	for i := range len(key) {
		sum ^= uint16(key[i]) << 8
		for range 8 {
			carry := sum >> 15
			sum = sum<<1 ^ carry*0x1021
		}
	}
	return int64(sum % slots)
}
