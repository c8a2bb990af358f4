package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/wire"
)

// maxResets is how many requests a client may take back in a second on one HTTP/2 connection before their responses
// begin. A browser that leaves a page takes back what it waits for, some dozens at most, and connects again where it was
// too much. Each may cost a run, and a client that takes it back may send the next immediately (CVE-2023-44487); so may one
// that makes the server reset its streams. With four times as many, ten such clients made others wait 0.3 s.
const maxResets = maxStreams / 2

// peer is the client at the other end of a connection with TLS. A nil peer counts nothing.
type peer struct {
	conn  net.Conn    // below TLS: its close waits for nobody
	first *time.Timer // ends a connection that sends no whole request

	mu     sync.Mutex
	second time.Time // when resets began to be counted
	resets int       // since then
}

// peerKey is the key of the peer in a context.
type peerKey struct{}

// meet has requests know their socket. It returns a connection with TLS the time of a header to bring its first request:
// http.Server bounds the head of a request in HTTP/1.1 alone, and not what an HTTP/2 connection sends before or in place of
// one.
func (s *Server) meet(ctx context.Context, c net.Conn) context.Context {
	secure, ok := c.(*tls.Conn)
	if !ok {
		return wire.Met(ctx, c)
	}
	p := &peer{conn: secure.NetConn()}
	p.first = time.AfterFunc(s.opts.Timeouts.Header, p.drop)
	return wire.Met(context.WithValue(ctx, peerKey{}, p), p.conn)
}

func peerOf(r *http.Request) *peer {
	if r.TLS == nil {
		return nil
	}
	p, _ := r.Context().Value(peerKey{}).(*peer)
	return p
}

func (p *peer) drop() {
	p.conn.Close() //nolint:errcheck // no caller is left to report it to
}

// hasFirst notes that a whole request has come.
func (p *peer) hasFirst() {
	if p != nil {
		p.first.Stop()
	}
}

// countReset notes that a request was taken back before its response began, and ends the connection of a client that
// does so too often.
func (p *peer) countReset(now time.Time) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.second) >= time.Second {
		p.second, p.resets = now, 0
	}
	if p.resets++; p.resets == maxResets+1 {
		p.drop()
	}
}
