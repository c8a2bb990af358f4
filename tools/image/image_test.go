package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// descriptor is how an OCI layout names a blob.
type descriptor struct {
	MediaType   string
	Digest      string
	Platform    *struct{ OS, Architecture string }
	Annotations map[string]string
}

// read reads a blob, or another file of a layout, as JSON.
func read[T any](t *testing.T, files map[string][]byte, name string) (v T) {
	t.Helper()
	if digest, ok := strings.CutPrefix(name, "sha256:"); ok {
		name = "blobs/sha256/" + digest
	}
	if err := json.Unmarshal(files[name], &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// unpack reads a tar file.
func unpack(t *testing.T, in io.Reader) (files map[string][]byte, heads []*tar.Header) {
	t.Helper()
	files = map[string][]byte{}
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, heads
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name], heads = text, append(heads, h)
	}
}

type index struct{ Manifests []descriptor }

type manifest struct {
	Config descriptor
	Layers []descriptor
}

type configFile struct {
	OS, Architecture string
	Config           struct {
		User, WorkingDir string
		Env              []string
		Entrypoint, Cmd  []string
	}
}

// images reads an archive: the platform of each image, its config, and the files of its only layer.
func images(t *testing.T, archive string) (names []string, configs []configFile, layers [][]byte) {
	t.Helper()
	text, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	files, _ := unpack(t, bytes.NewReader(text))
	if !bytes.Contains(files["oci-layout"], []byte("1.0.0")) {
		t.Errorf("oci-layout is %s", files["oci-layout"])
	}
	top := read[index](t, files, "index.json")
	if len(top.Manifests) != 1 || top.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "nflow-runtime:test" {
		t.Fatalf("%s", files["index.json"])
	}
	for _, d := range read[index](t, files, top.Manifests[0].Digest).Manifests {
		m := read[manifest](t, files, d.Digest)
		if len(m.Layers) != 1 || m.Layers[0].MediaType != "application/vnd.oci.image.layer.v1.tar+gzip" || d.MediaType != "application/vnd.oci.image.manifest.v1+json" {
			t.Fatalf("%+v %+v", d, m)
		}
		names, configs = append(names, d.Platform.OS+"/"+d.Platform.Architecture), append(configs, read[configFile](t, files, m.Config.Digest))
		layers = append(layers, files["blobs/sha256/"+strings.TrimPrefix(m.Layers[0].Digest, "sha256:")])
	}
	return names, configs, layers
}

// TestArchive: an image for each platform, each with its own program, the same bytes each time.
func TestArchive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var programs []program
	for _, arch := range []string{"amd64", "arm64"} {
		p := program{system: "linux", arch: arch, path: filepath.Join(dir, arch)}
		if err := os.WriteFile(p.path, []byte("program of "+arch), 0o600); err != nil {
			t.Fatal(err)
		}
		programs = append(programs, p)
	}
	one, two := filepath.Join(dir, "1.tar"), filepath.Join(dir, "2.tar")
	for _, target := range []string{one, two} {
		if err := archive(target, "nflow-runtime:test", programs); err != nil {
			t.Fatal(err)
		}
	}
	a, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(two); err != nil || !bytes.Equal(a, b) {
		t.Error("the same programs make other bytes")
	}
	names, configs, layers := images(t, one)
	if strings.Join(names, " ") != "linux/amd64 linux/arm64" {
		t.Errorf("images for %v", names)
	}
	for i, c := range configs {
		files := files(t, layers[i])
		if c.OS+"/"+c.Architecture != names[i] || string(files[binary]) != "program of "+c.Architecture {
			t.Errorf("the image for %s says %s/%s and holds %q", names[i], c.OS, c.Architecture, files[binary])
		}
		if pool := x509.NewCertPool(); !pool.AppendCertsFromPEM(files[rootsIn]) || bytes.Count(files[rootsIn], []byte("BEGIN CERTIFICATE")) < 100 {
			t.Error("the certificates cannot be read, or are few")
		}
	}
}

func files(t *testing.T, layer []byte) map[string][]byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(layer))
	if err != nil {
		t.Fatal(err)
	}
	files, _ := unpack(t, r)
	return files
}

// lay puts the files of a layer below a folder, with their modes and, for root, their owners.
func lay(t *testing.T, layer []byte, dir string) {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(layer))
	if err != nil {
		t.Fatal(err)
	}
	files, heads := unpack(t, r)
	for _, h := range heads {
		name := filepath.Join(dir, h.Name)
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(name, 0o755)
		} else {
			err = os.WriteFile(name, files[h.Name], 0o600)
		}
		if err == nil {
			err = os.Chmod(name, h.FileInfo().Mode())
		}
		if err == nil && os.Geteuid() == 0 {
			err = os.Chown(name, h.Uid, h.Gid)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestRun unpacks the image of the runtime and runs it with what the image says and nothing else: as root in its own file
// system and as its own user, else as who tests.
func TestRun(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the program of the image runs on Linux")
	}
	target := filepath.Join(t.TempDir(), "image.tar")
	if err := write(t.Context(), "../..", target, "nflow-runtime:test", []string{"linux/" + runtime.GOARCH}); err != nil {
		t.Fatal(err)
	}
	_, configs, layers := images(t, target)
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	lay(t, layers[0], root)
	program := filepath.Join(root, binary)
	if f, err := elf.Open(program); err != nil {
		t.Fatal(err)
	} else if libraries, _ := f.ImportedLibraries(); len(libraries) > 0 || f.Section(".interp") != nil {
		t.Errorf("the program is not static: %v", libraries)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	c := configs[0].Config
	if c.User != "65532" || c.WorkingDir != "/app" || strings.Join(c.Entrypoint, " ") != "/"+binary || strings.Join(c.Cmd, " ") != "serve" {
		t.Errorf("%+v", c)
	}
	run := exec.Command(program, append(c.Cmd, "--addr", address)...)
	run.Dir, run.Env = filepath.Join(root, c.WorkingDir), c.Env
	if os.Geteuid() == 0 {
		run.Path, run.Args[0], run.Dir = c.Entrypoint[0], c.Entrypoint[0], c.WorkingDir
		run.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}
	}
	var log bytes.Buffer
	run.Stdout, run.Stderr = &log, &log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	status, body := ask("http://" + address + "/hello/ana")
	_ = run.Process.Signal(syscall.SIGTERM)
	if err := run.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if status != http.StatusOK || !strings.Contains(body, "Hello, ana!") {
		t.Errorf("it answered %d %s\n%s", status, body, log.String())
	}
	info, err := os.Stat(filepath.Join(root, "app/data/nflow.db"))
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); os.Geteuid() == 0 && s.Uid != user {
		t.Errorf("the database belongs to user %d", s.Uid)
	}
}

// ask sends a request until a server responds, for a minute.
func ask(url string) (status int, body string) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		res, err := http.Get(url)
		if err != nil {
			body = err.Error()
			continue
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		return res.StatusCode, string(text)
	}
	return 0, body
}
