package source

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxPackageFiles bounds how many files of the packages are looked at.
const maxPackageFiles = 20_000

// records are what package managers write below node_modules each time they install something, dependencies included.
func records() []string { return []string{".package-lock.json", ".yarn-integrity", ".modules.yaml"} }

// packageDirs returns the folders of the npm packages that flows may load, where they really are.
func (p *parts) packageDirs() (list []string) {
	if p.path == "" {
		return nil
	}
	dir, _ := place(p.path)
	for _, name := range p.o.Packages {
		if real, err := filepath.EvalSymlinks(filepath.Join(dir, "node_modules", name)); err == nil {
			list = append(list, real)
		}
	}
	return list
}

// stamp changes when something moves in those packages: names, sizes and times of their files. They are not read: a package
// may have thousands. "" without packages.
func (p *parts) stamp() string {
	if p.path == "" || len(p.o.Packages) == 0 {
		return ""
	}
	h := sha256.New()
	left := maxPackageFiles
	note := func(path string, info fs.FileInfo) {
		fmt.Fprintf(h, "%d:%s %d %d\n", len(path), path, info.Size(), info.ModTime().UnixNano())
	}
	dir, _ := place(p.path)
	for _, name := range records() {
		if info, err := os.Stat(filepath.Join(dir, "node_modules", name)); err == nil {
			note(name, info)
		}
	}
	for _, root := range p.packageDirs() {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if left--; left < 0 {
				return fs.SkipAll
			}
			if err != nil || d.IsDir() {
				return nil // what cannot be read cannot be bundled, which is reported there
			}
			if info, err := d.Info(); err == nil {
				note(path, info)
			}
			return nil
		})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
