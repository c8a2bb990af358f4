package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

const (
	user    = 65532 // as in the Dockerfile's base image
	binary  = "usr/local/bin/nflow-runtime"
	rootsIn = "etc/ssl/certs/ca-certificates.crt" // where Go and most others look first
)

// program is the runtime, built for a platform.
type program struct{ system, arch, path string }

// archive writes an OCI image layout with an image for each program as one tar file. Docker 25 and newer, Podman, skopeo and
// crane read it. Source: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
func archive(target, tag string, programs []program) error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range programs {
		img, err := image(p)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: p.system, Architecture: p.arch}},
		})
	}
	dir, err := os.MkdirTemp("", "nflow-layout")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	if err := to.AppendIndex(index, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": tag})); err != nil {
		return err
	}
	f, err := os.Create(target)
	if err != nil {
		return err
	}
	return errors.Join(pack(f, dir), f.Close())
}

// image is the image of one program.
func image(p program) (v1.Image, error) {
	text, err := layer(p)
	if err != nil {
		return nil, err
	}
	l, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), l)
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(img, config(p, img))
}

// config returns how to run the program: as in the Dockerfile.
func config(p program, img v1.Image) *v1.ConfigFile {
	c, err := img.ConfigFile()
	if err != nil { // it is made in memory
		panic(err)
	}
	c = c.DeepCopy()
	c.OS, c.Architecture = p.system, p.arch
	c.Config = v1.Config{
		User: fmt.Sprint(user), WorkingDir: "/app",
		Env:        []string{"PATH=/usr/local/bin", "SSL_CERT_FILE=/" + rootsIn},
		Entrypoint: []string{"/" + binary}, Cmd: []string{"serve"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}}, Volumes: map[string]struct{}{"/app/data": {}},
		Labels: map[string]string{"org.opencontainers.image.source": "https://github.com/arturoeanton/nflow-runtime", "org.opencontainers.image.licenses": "MIT"},
	}
	return c
}

// layer is the only layer, as a tar file: all that is in the image.
func layer(p program) ([]byte, error) {
	text, err := os.ReadFile(p.path)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	add := func(name string, mode int64, owner int, content []byte) {
		h := &tar.Header{Name: name, Mode: mode, Uid: owner, Gid: owner, Size: int64(len(content)), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if name[len(name)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		err = errors.Join(err, w.WriteHeader(h))
		if len(content) > 0 {
			_, failed := w.Write(content)
			err = errors.Join(err, failed)
		}
	}
	for _, dir := range []string{"app/", "etc/", "etc/ssl/", "etc/ssl/certs/", "usr/", "usr/local/", "usr/local/bin/"} {
		add(dir, 0o755, 0, nil)
	}
	add("app/data/", 0o700, user, nil)
	add("tmp/", 0o1777, 0, nil)
	add("etc/passwd", 0o644, 0, fmt.Appendf(nil, "root:x:0:0::/root:/sbin/nologin\nnflow:x:%d:%d::/app:/sbin/nologin\n", user, user))
	add("etc/group", 0o644, 0, fmt.Appendf(nil, "root:x:0:\nnflow:x:%d:\n", user))
	add(rootsIn, 0o644, 0, authorities())
	add(binary, 0o755, 0, text)
	return out.Bytes(), errors.Join(err, w.Close())
}

// authorities are the certificates that Mozilla's programs trust, as PEM. Those that it trusts under conditions only, which
// a PEM file cannot say, are left out.
func authorities() []byte {
	var out []byte
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})...)
		}
	}
	return out
}

// pack writes the files below a folder as a tar file, in the order of their names and without what differs between machines.
func pack(out io.Writer, dir string) error {
	w := tar.NewWriter(out)
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: path.Clean(filepath.ToSlash(rel)), Mode: 0o644, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if entry.IsDir() {
			h.Name, h.Mode, h.Typeflag = h.Name+"/", 0o755, tar.TypeDir
			return w.WriteHeader(h)
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		h.Size = info.Size()
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		_, err = io.Copy(w, f)
		return err
	})
	return errors.Join(err, w.Close())
}
