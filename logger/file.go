package logger

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// FileOptions say where a File writes and how much it keeps. Only Path is needed.
type FileOptions struct {
	Path     string
	MaxBytes int64     // of the file; 0 = it grows as it will
	Keep     int       // older files that stay, as PATH.1 (the newest) to PATH.N; 0 = none
	Fallback io.Writer // gets what the file does not take, as when the disk is full. Defaults to losing it
}

// File is a log file that is rotated when it is large, and reopened when it was moved, as logrotate does. Several
// processes may write to one path. Its methods may be called from any goroutine.
type File struct {
	opts FileOptions

	mu     sync.Mutex
	file   *os.File
	broken bool  // the last write ended in the middle of a line
	failed error // why the fallback got the last write; nil when it did not
}

// OpenFile opens the file, and makes it when it is not there. What is in it stays.
func OpenFile(o FileOptions) (*File, error) {
	f := &File{opts: o}
	err := f.open()
	return f, err
}

func (f *File) open() (err error) {
	f.file, err = os.OpenFile(f.opts.Path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	return err
}

// Write appends whole lines. What the file does not take goes to the fallback; then it is no error.
func (f *File) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.append(b)
	f.failed = err
	if err == nil || f.opts.Fallback == nil {
		return n, err
	}
	f.broken = f.broken || n > 0
	return f.opts.Fallback.Write(b)
}

// Failed returns why the last write did not go into the file, nil when it did.
func (f *File) Failed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// append needs mu.
func (f *File) append(b []byte) (int, error) {
	if err := f.prepare(int64(len(b))); err != nil {
		return 0, err
	}
	if f.broken {
		if _, err := f.file.WriteString("\n"); err != nil {
			return 0, err
		}
		f.broken = false
	}
	return f.file.Write(b)
}

// prepare makes sure that the open file is the one of the path, and that so many bytes have room in it.
func (f *File) prepare(more int64) error {
	if f.file == nil {
		return f.open()
	}
	here, err := f.file.Stat()
	if err != nil {
		return f.reopen()
	}
	if !here.Mode().IsRegular() { // a pipe or a device
		return nil
	}
	there, err := os.Stat(f.opts.Path)
	if err != nil || !os.SameFile(here, there) {
		return f.reopen()
	}
	if f.opts.MaxBytes > 0 && here.Size() > 0 && here.Size()+more > f.opts.MaxBytes {
		return f.rotate(here)
	}
	return nil
}

func (f *File) reopen() error {
	_ = f.close() // whatever became of it, another file takes its place
	return f.open()
}

// rotate moves the file away and begins another. Another process may be at it: the first one does it.
func (f *File) rotate(here os.FileInfo) error {
	unlock, err := lock(f.file)
	if err != nil {
		return err
	}
	if there, err := os.Stat(f.opts.Path); err == nil && os.SameFile(here, there) {
		if err := f.shift(); err != nil {
			unlock()
			return err
		}
	}
	unlock()
	return f.reopen()
}

// shift returns each older file the next number, and the current one the first.
func (f *File) shift() error {
	if f.opts.Keep == 0 {
		return os.Remove(f.opts.Path)
	}
	for i := f.opts.Keep - 1; i > 0; i-- {
		if err := os.Rename(f.older(i), f.older(i+1)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return os.Rename(f.opts.Path, f.older(1))
}

func (f *File) older(i int) string { return fmt.Sprintf("%s.%d", f.opts.Path, i) }

// Close closes the file. A later write opens it again.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.close()
}

func (f *File) close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
