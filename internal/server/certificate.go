package server

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// lookEvery is how often, at most, a handshake looks whether the files have changed.
const lookEvery = 5 * time.Second

// certificate is the server's certificate, read again when its files change. Files that cannot be used leave the one
// before in place.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	stamp   [2]time.Time // of the files that current, or the last failure, is from
	looked  time.Time
}

func openCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	for _, f := range [][2]string{{"https_engine.cert", certFile}, {"https_engine.key", keyFile}} {
		if _, err := os.Stat(f[1]); err != nil {
			return nil, fault.InvalidSetting(f[0], err, "%s names a file that cannot be read; it is a path from where the server was started", f[0])
		}
	}
	if err := c.load(); err != nil {
		return nil, fault.InvalidSetting("https_engine.cert", err, "the certificate cannot be used; check https_engine.cert and https_engine.key: PEM files that belong together")
	}
	return c, nil
}

func (c *certificate) load() error {
	c.stamp = [2]time.Time{modified(c.certFile), modified(c.keyFile)}
	c.looked = time.Now()
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err == nil {
		c.current = &pair
	}
	return err
}

// get implements tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return c.current, nil
	}
	c.looked = time.Now()
	if c.stamp == [2]time.Time{modified(c.certFile), modified(c.keyFile)} {
		return c.current, nil
	}
	if err := c.load(); err != nil {
		c.log.Warn("the changed certificate cannot be used; the previous one stays in use", "error", err)
	} else {
		c.log.Info("the certificate was reloaded")
	}
	return c.current, nil
}

// modified is when a file last changed; the zero time for one that is not there.
func modified(file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
