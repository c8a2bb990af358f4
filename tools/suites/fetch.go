package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// source is where a suite comes from.
type source struct {
	name  string // with the version
	fetch func(ctx context.Context, cache string) (folder string, err error)
}

// npm is a package of npm, which npm fetches.
func npm(name, version string) source {
	pinned := name + "@" + version
	return source{"npm " + pinned, func(ctx context.Context, cache string) (string, error) {
		folder := filepath.Join(cache, pinned)
		if _, err := os.Stat(folder); err == nil {
			return folder, nil
		}
		temp, err := os.MkdirTemp("", "suites")
		if err != nil {
			return "", err
		}
		defer os.RemoveAll(temp) //nolint:errcheck // it is temporary
		cmd := exec.CommandContext(ctx, "npm", "pack", "--silent", "--pack-destination", temp, pinned)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("npm pack: %w %s", err, lastLine(out))
		}
		packed, err := filepath.Glob(filepath.Join(temp, "*.tgz"))
		if err != nil || len(packed) != 1 {
			return "", errors.New("npm pack gave no file")
		}
		return folder, unpack(packed[0], folder)
	}}
}

// module is a Go module, which go fetches.
func module(path, version string) source {
	return source{"go " + path + "@" + version, func(ctx context.Context, _ string) (string, error) {
		out, err := exec.CommandContext(ctx, "go", "mod", "download", "-json", path+"@"+version).Output()
		var m struct{ Dir, Error string }
		if json.Unmarshal(out, &m) == nil && m.Error != "" {
			first, _, _ := strings.Cut(m.Error, "\n")
			return "", errors.New(first)
		}
		return m.Dir, err
	}}
}

// nowhere is a suite that no registry has.
func nowhere(why string) source {
	return source{"", func(context.Context, string) (string, error) { return "", errors.New(why) }}
}

// folder is a suite that no registry has, in a folder that a variable of the environment names.
func folder(variable, what string) source {
	return source{"$" + variable, func(context.Context, string) (string, error) {
		if dir := os.Getenv(variable); dir != "" {
			return dir, nil
		}
		return "", errors.New(variable + " must name " + what)
	}}
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// unpack writes the files of a package of npm, and no others, below a folder.
func unpack(packed, folder string) (err error) {
	f, err := os.Open(packed)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it is only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is buffered
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, ok := strings.Cut(h.Name, "/")
		if h.Typeflag != tar.TypeReg || !ok {
			continue
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
}
