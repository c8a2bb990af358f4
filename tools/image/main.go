// Command image writes an OCI image of the runtime, without a container engine: make image.
//
// The image holds the program, which is static and brings its time zones along, the certificates of the authorities that
// Mozilla trusts, and a user who is not root. The same source makes the same bytes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	root := flag.String("root", "../..", "the module of the runtime")
	out := flag.String("o", "nflow-runtime.oci.tar", "where the archive goes, from the root on")
	platforms := flag.String("platforms", "linux/amd64,linux/arm64", "what to build for")
	tag := flag.String("tag", "nflow-runtime:latest", "name of the image in the archive")
	flag.Parse()
	target := *out
	if !filepath.IsAbs(target) {
		target = filepath.Join(*root, target)
	}
	if err := write(context.Background(), *root, target, *tag, strings.Split(*platforms, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
	fmt.Println(target)
}

// write builds the program for each platform and writes the archive.
func write(ctx context.Context, root, target, tag string, platforms []string) error {
	dir, err := os.MkdirTemp("", "nflow-image")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var programs []program
	for i, platform := range platforms {
		system, arch, ok := strings.Cut(platform, "/")
		if !ok {
			return fmt.Errorf("a platform is named as in linux/amd64, not %q", platform)
		}
		p := program{system: system, arch: arch, path: filepath.Join(dir, fmt.Sprint(i))}
		if err := compile(ctx, root, p); err != nil {
			return err
		}
		programs = append(programs, p)
	}
	return archive(target, tag, programs)
}

// compile builds the program of the runtime, static and without the paths of this machine.
func compile(ctx context.Context, root string, p program) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", p.path, ".") //nolint:gosec // our own
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.system, "GOARCH="+p.arch)
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building for %s/%s: %w\n%s", p.system, p.arch, err, text)
	}
	return nil
}
