package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peer is another engine with the same flows, from bench/peers.
type peer struct {
	name    string
	folder  string
	install func(ctx context.Context, from, to string) error
	command func(ctx context.Context, from, to string) (starter, error)
}

func peers() []peer {
	return []peer{
		{"rulego", "rulego", buildRuleGo, runRuleGo},
		{"rulego+pool", "rulego", buildRuleGo, runRuleGoPool},
		{"node-red", "node-red", installNodeRED, runNodeRED},
	}
}

// startPeers installs and starts the peers. One that cannot be had here is left out, and that is said.
func startPeers(ctx context.Context, on processors) (list []*process, err error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/arturoeanton/nflow-runtime").Output()
	if err != nil {
		return nil, fmt.Errorf("the folder of the module is not known: %w", err)
	}
	root := strings.TrimSpace(string(out))
	for _, p := range peers() {
		from, to := filepath.Join(root, "bench", "peers", p.folder), filepath.Join(root, ".cache", "bench", p.folder)
		started, err := p.start(ctx, on, from, to)
		if ctx.Err() != nil {
			stopAll(list)
			return nil, ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", p.name, err)
			continue
		}
		list = append(list, started)
	}
	return list, nil
}

func (p peer) start(ctx context.Context, on processors, from, to string) (*process, error) {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return nil, err
	}
	if err := p.install(ctx, from, to); err != nil {
		return nil, err
	}
	command, err := p.command(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return start(ctx, p.name, on, command)
}

func buildRuleGo(ctx context.Context, from, to string) error {
	return build(ctx, from, filepath.Join(to, "rulego"), ".")
}

func runRuleGo(ctx context.Context, _, to string) (starter, error) {
	return func(address string) *exec.Cmd { return exec.CommandContext(ctx, filepath.Join(to, "rulego"), address) }, nil
}

// runRuleGoPool runs it with its own pool of goroutines, which it does not use unless told.
func runRuleGoPool(ctx context.Context, _, to string) (starter, error) {
	return func(address string) *exec.Cmd {
		return exec.CommandContext(ctx, filepath.Join(to, "rulego"), address, "pool")
	}, nil
}

// installNodeRED installs what package-lock.json says, unless that is there.
func installNodeRED(ctx context.Context, from, to string) error {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return err
		}
	}
	installed := filepath.Join(to, "installed-lock.json") // npm ci begins by removing node_modules
	lock, err := os.ReadFile(filepath.Join(from, "package-lock.json"))
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(installed); err == nil && bytes.Equal(old, lock) {
		return nil
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stderr, "node-red is installed by npm ci")
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund")
	npm.Dir = to
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w: %s", err, bytes.TrimSpace(out))
	}
	return os.WriteFile(installed, lock, 0o600)
}

// runNodeRED starts it in a folder of its own, because it writes beside its flows.
func runNodeRED(ctx context.Context, from, to string) (starter, error) {
	user := filepath.Join(to, "user")
	if err := os.RemoveAll(user); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(user, 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{"settings.js", "flows.json"} {
		if err := copyFile(filepath.Join(from, name), filepath.Join(user, name)); err != nil {
			return nil, err
		}
	}
	return func(address string) *exec.Cmd {
		_, port, _ := strings.Cut(address, ":")
		cmd := exec.CommandContext(ctx, "node", filepath.Join(to, "node_modules", "node-red", "red.js"),
			"--userDir", user, "--settings", filepath.Join(user, "settings.js"), "--port", port)
		cmd.Env = append(os.Environ(), "NODE_ENV=production")
		return cmd
	}, nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}
