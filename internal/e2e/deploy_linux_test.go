package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// TestLikeTheImage runs what the Dockerfile says, as its user, where there is nothing but the program and its folder:
// first it serves, then the health check asks.
func TestLikeTheImage(t *testing.T) {
	t.Parallel()
	if os.Getenv("NFLOW_TEST_PROGRAMS") == "" {
		t.Skip("only the gate builds the program without cgo a second time")
	}
	if os.Getuid() != 0 {
		t.Skip("only root may change the root folder: the image is not tried")
	}
	file := deployed(t, "Dockerfile")
	var uid, gid uint32
	if _, err := fmt.Sscanf(find(t, file, `(?m)^USER (\S+)$`), "%d:%d", &uid, &gid); err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("", "nflow-image") // t.TempDir is below a folder that only its owner may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	entry := list(t, find(t, file, `(?m)^ENTRYPOINT (.*)$`))
	dir := find(t, file, `(?m)^WORKDIR (/app)$`)
	fill(t, file, root, entry[0], int(uid), int(gid))
	address := "127.0.0.1:" + servertest.Port(t)
	run := func(words []string) *exec.Cmd {
		cmd := &exec.Cmd{Path: words[0], Args: words, Dir: dir, Env: []string{"NFLOW_SERVER_ADDRESS=" + address}, Stdout: io.Discard}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uid, Gid: gid}}
		return cmd
	}
	log := &servertest.Record{}
	server := run(append(entry, list(t, find(t, file, `(?m)^CMD (.*)$`))...))
	server.Stderr = log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	health := list(t, find(t, file, `(?m)^HEALTHCHECK .* CMD (.*)$`))
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err = run(health).Run(); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Errorf("the health check says %v; the log:\n%s", err, log)
			break
		}
	}
	b := newBrowser(t, "http://"+address)
	b.expect(b.get("/hello/ana"), 200, "ana")
	_ = server.Process.Signal(syscall.SIGTERM)
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v:\n%s", err, log)
	}
	if run(health).Run() == nil {
		t.Error("the health check says that what has ended is well")
	}
}

// fill builds the program into a root folder, with the folder of its data.
func fill(t *testing.T, file, root, program string, uid, gid int) {
	t.Helper()
	data := filepath.Join(root, list(t, find(t, file, `(?m)^VOLUME (.*)$`))[0])
	for _, d := range []string{data, filepath.Join(root, filepath.Dir(program))} {
		if err := os.MkdirAll(d, 0o755); err != nil { //nolint:gosec // others than root look into it
			t.Fatal(err)
		}
	}
	for _, err := range []error{os.Chmod(root, 0o755), os.Chown(data, uid, gid)} { //nolint:gosec // as above
		if err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-o", filepath.Join(root, program), "../..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
