//go:build siege

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// protocolAttacks misuse HTTP/1.1 and WebSockets.
func protocolAttacks() []attack {
	return []attack{
		{name: "slow trailers", run: func(s *siege) { s.each(200, s.slowTrailers) }},
		{name: "unfollowed Expect", run: func(s *siege) { s.each(200, s.unfollowed) }},
		{name: "chunk extensions", run: func(s *siege) { s.each(50, s.extensions) }},
		{name: "unread pipelines", run: func(s *siege) { s.each(50, s.pipeline) }},
		{name: "crowded heads", run: func(s *siege) { s.each(20, s.crowded) }},
		{name: "WebSocket, fragments", run: func(s *siege) { s.each(50, s.fragments) }},
		{name: "WebSocket, pings", run: func(s *siege) { s.each(20, s.pings) }},
		{name: "WebSocket, silent", run: func(s *siege) { s.each(300, s.listens) }},
		{name: "WebSocket, stopped reader", run: func(s *siege) { s.each(50, s.deaf) }},
	}
}

// frameAttacks misuse HTTP/2.
func frameAttacks() []attack {
	list := []attack{
		{name: "HTTP/2, CONTINUATION", run: func(s *siege) { s.frames(10, 100, continuations) }},
		{name: "HTTP/2, PING", run: func(s *siege) { s.frames(10, 100, pingFrames) }},
		{name: "HTTP/2, SETTINGS", run: func(s *siege) { s.frames(10, 100, settings) }},
		{name: "HTTP/2, empty DATA", run: func(s *siege) { s.frames(10, 100, emptyData) }},
		{name: "HTTP/2, header table", run: func(s *siege) { s.frames(10, 100, headerTable) }},
		{name: "HTTP/2, rapid reset", run: func(s *siege) { s.frames(1, 1000, takeBack) }},
		{name: "HTTP/2, rapid resets", run: func(s *siege) { s.frames(10, 100, takeBack) }},
		{name: "HTTP/2, resets by the server", run: func(s *siege) { s.frames(10, 100, spoil) }},
	}
	for i := range list {
		list[i].secure = true
	}
	return list
}

// slowTrailers sends a whole body and then a line of its trailer a second.
func (s *siege) slowTrailers(int) string {
	return s.connected(func(c net.Conn) string {
		_, err := io.WriteString(c, "POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTrailer: X-A\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n")
		for err == nil && s.Err() == nil {
			_, err = io.WriteString(c, "X-A: b\r\n")
			s.rest(time.Second)
		}
		return "closed"
	})
}

// unfollowed asks whether to continue, and does not.
func (s *siege) unfollowed(i int) string {
	return s.connected(func(c net.Conn) string {
		path := []string{"/body", "/good/1", "/nowhere"}[i%3]
		if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n", path); err != nil {
			return "cut"
		}
		_, _ = io.Copy(io.Discard, c)
		return "closed"
	})
}

// extensions sends chunks of one byte with as much beside it as may be, as fast as it goes.
func (s *siege) extensions(i int) string {
	return s.connected(func(c net.Conn) string {
		_, err := io.WriteString(c, "POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
		chunk := "1;" + strings.Repeat("x", []int{10, 4000, 1 << 20}[i%3]) + "\r\n1\r\n"
		for err == nil && s.Err() == nil {
			_, err = io.WriteString(c, chunk)
			s.rest(time.Millisecond)
		}
		return "closed"
	})
}

// pipeline sends requests without reading what comes back.
func (s *siege) pipeline(int) string {
	return s.connected(func(c net.Conn) string {
		small(c, 4<<10)
		requests := strings.Repeat("GET /good/1 HTTP/1.1\r\nHost: x\r\n\r\n", 1000)
		_ = c.SetWriteDeadline(time.Now().Add(time.Minute))
		for s.Err() == nil {
			if _, err := io.WriteString(c, requests); err != nil {
				break
			}
			s.rest(time.Second)
		}
		return "closed"
	})
}

// crowded sends heads of as many fields, cookies and parameters as fit in.
func (s *siege) crowded(i int) string {
	return s.connected(func(c net.Conn) string {
		head := "GET /good/1?" + strings.Repeat("&", 60_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"
		switch i % 4 {
		case 0:
			head = "GET /good/1 HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 100_000) + "\r\n"
		case 1:
			head = "GET /good/1 HTTP/1.1\r\nHost: x\r\nCookie: " + strings.Repeat("a=b; ", 12_000) + "\r\n\r\n"
		case 2:
			head = "GET /good/1?" + strings.Repeat("a=b&", 15_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"
		}
		go func() { _, _ = io.WriteString(c, head) }() // it may be refused before its end
		return begun(c)
	})
}

// begun reads the status of a response.
func begun(c net.Conn) string {
	line := make([]byte, 12)
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.ReadFull(c, line); err != nil {
		return "cut"
	}
	return string(line[9:])
}

// socket opens a WebSocket.
func (s *siege) socket(path string, turn func(net.Conn) string) string {
	return s.connected(func(c net.Conn) string {
		_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", path)
		if err != nil {
			return "cut"
		}
		if got := begun(c); got != "101" {
			return got
		}
		_ = c.SetReadDeadline(time.Time{})
		return turn(c)
	})
}

// fragments sends a message that never ends: in empty pieces, small ones or large ones.
func (s *siege) fragments(i int) string {
	return s.socket("/socket/echo", func(c net.Conn) string {
		go func() { _, _ = io.Copy(io.Discard, c) }()
		body := strings.Repeat("x", []int{0, 10, 60_000}[i%3])
		_, err := io.WriteString(c, frame(1, body))
		more := strings.Repeat(frame(0, body), 1+1000/(1+len(body)))
		for err == nil && s.Err() == nil {
			_, err = io.WriteString(c, more)
			s.rest(10 * time.Millisecond)
		}
		return "closed"
	})
}

// pings sends pings, and reads no answer, or all.
func (s *siege) pings(i int) string {
	return s.socket("/socket/echo", func(c net.Conn) string {
		if i%2 == 0 {
			go func() { _, _ = io.Copy(io.Discard, c) }()
		}
		many := strings.Repeat(frame(0x89, "ping"), 1000)
		for s.Err() == nil {
			_ = c.SetWriteDeadline(time.Now().Add(time.Minute))
			if _, err := io.WriteString(c, many); err != nil {
				break
			}
			s.rest(100 * time.Millisecond)
		}
		return "closed"
	})
}

func (s *siege) listens(int) string {
	return s.socket("/socket/echo", func(c net.Conn) string {
		_, _ = io.Copy(io.Discard, c)
		return "closed"
	})
}

// deaf asks for a flood of messages and reads none.
func (s *siege) deaf(int) string {
	return s.socket("/socket/flood", func(c net.Conn) string {
		small(c, 4<<10)
		s.rest(time.Minute)
		return "stopped"
	})
}

// h2 is a connection of HTTP/2 from a client who keeps to no rules.
type h2 struct {
	*http2.Framer
	*siege
	stream uint32
	head   bytes.Buffer
	fields *hpack.Encoder
}

// frames has n clients misuse HTTP/2, each so many times in 50 ms.
func (s *siege) frames(n, times int, turn func(*h2) error) {
	s.each(n, func(int) string {
		return s.connected(func(c net.Conn) string {
			if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
				return "cut"
			}
			_ = c.SetWriteDeadline(time.Now().Add(time.Minute))
			h := &h2{Framer: http2.NewFramer(c, c), siege: s, stream: 1}
			h.fields = hpack.NewEncoder(&h.head)
			done := make(chan struct{})
			go func() { // a client who reads
				defer close(done)
				for {
					f, err := h.ReadFrame()
					if _, ends := f.(*http2.GoAwayFrame); ends || err != nil {
						return
					}
				}
			}()
			err := h.WriteSettings()
			for err == nil && s.Err() == nil {
				select {
				case <-done:
					return "closed"
				default:
				}
				for i := 0; i < times && err == nil; i++ {
					err = turn(h)
				}
				s.rest(50 * time.Millisecond) // a flood is what the server does with it, not the time that it takes here
			}
			return "closed"
		}, "h2")
	})
}

// block encodes the head of a request.
func (h *h2) block(method, path string, more ...string) []byte {
	h.head.Reset()
	for _, f := range [][2]string{{":method", method}, {":scheme", "https"}, {":authority", "x"}, {":path", path}} {
		_ = h.fields.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}) // into memory
	}
	for i := 0; i+1 < len(more); i += 2 {
		_ = h.fields.WriteField(hpack.HeaderField{Name: more[i], Value: more[i+1]})
	}
	return h.head.Bytes()
}

// request begins one.
func (h *h2) request(method, path string, end bool, more ...string) (stream uint32, err error) {
	stream = h.stream
	h.stream += 2
	return stream, h.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: h.block(method, path, more...), EndStream: end, EndHeaders: true})
}

func continuations(h *h2) error {
	if err := h.WriteHeaders(http2.HeadersFrameParam{StreamID: h.stream, BlockFragment: h.block("GET", "/good/1")}); err != nil {
		return err
	}
	for h.Err() == nil {
		h.head.Reset()
		for i := range 100 {
			_ = h.fields.WriteField(hpack.HeaderField{Name: fmt.Sprint("x-", i), Value: strings.Repeat("y", 100)})
		}
		if err := h.WriteContinuation(h.stream, false, h.head.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// takeBack requests something and takes that back (CVE-2023-44487).
func takeBack(h *h2) error {
	stream, err := h.request("GET", "/good/1", true)
	if err != nil {
		return err
	}
	return h.WriteRSTStream(stream, http2.ErrCodeCancel)
}

// spoil requests something, and has the server reset the stream (CVE-2025-8671).
func spoil(h *h2) error {
	stream, err := h.request("GET", "/good/1", false)
	if err != nil {
		return err
	}
	return h.WriteRawFrame(http2.FrameWindowUpdate, 0, stream, []byte{0, 0, 0, 0}) // nothing more is an error
}

func pingFrames(h *h2) error { return h.WritePing(false, [8]byte{1}) }

func settings(h *h2) error {
	return h.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20}, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 1 << 16})
}

func emptyData(h *h2) error {
	if h.stream == 1 {
		if _, err := h.request("POST", "/body", false); err != nil {
			return err
		}
	}
	return h.WriteData(1, false, nil)
}

// headerTable names one long value thousands of times, which takes a byte each.
func headerTable(h *h2) error {
	long := strings.Repeat("z", 3900)
	var more []string
	for range 4000 {
		more = append(more, "a", long)
	}
	_, err := h.request("GET", "/good/1", true, more...)
	h.rest(time.Millisecond)
	return err
}
