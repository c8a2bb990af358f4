//go:build siege

package e2e

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// dial connects, with TLS where the server has it and protocols are named.
func (b *besieged) dial(protocols ...string) (net.Conn, error) {
	d := &net.Dialer{Timeout: 10 * time.Second}
	if b.tls == nil || len(protocols) == 0 {
		return d.Dial("tcp", b.address)
	}
	config := b.tls.Clone()
	config.NextProtos = protocols
	return tls.DialWithDialer(d, "tcp", b.address, config)
}

// connected has a turn with a connection, which ends with the siege.
func (s *siege) connected(turn func(net.Conn) string, protocols ...string) string {
	c, err := s.dial(protocols...)
	if err != nil {
		return "no connection"
	}
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-s.Done():
		case <-done:
		}
		c.Close()
	}()
	end := turn(c)
	if s.Err() != nil {
		return "left"
	}
	return end
}

// slowAttacks are clients who send or read slowly, or not at all.
func slowAttacks() []attack {
	return []attack{
		{name: "slow bodies", run: func(s *siege) { s.each(300, s.slowBody) }},
		{name: "silent connections", run: func(s *siege) { s.each(3000, s.silent) }},
		{name: "half heads", run: func(s *siege) { s.each(1000, s.halfHead) }},
		{name: "stopped readers", run: func(s *siege) { s.each(100, func(i int) string { return s.read(i, 0) }) }},
		{name: "slow readers", run: func(s *siege) { s.each(100, func(i int) string { return s.read(i, 100) }) }},
	}
}

// secureAttacks are the same on the server with TLS, and what only HTTP/2 has.
func secureAttacks() []attack {
	list := slowAttacks()
	for i := range list {
		list[i].name, list[i].secure = list[i].name+", TLS", true
	}
	return append(list, closedWindow)
}

var closedWindow = attack{name: "HTTP/2, closed window", secure: true, run: func(s *siege) { s.each(10, s.closeWindow) }}

// slowForm is a way to send a body.
type slowForm struct{ path, kind, before, after string }

var slowForms = []slowForm{
	{"/body", "application/json", `{"a":"`, `"}`},
	{"/bind", "application/json", `{"a":"`, `"}`},
	{"/body", "application/x-www-form-urlencoded", "a=", ""},
	{"/upload", "application/x-www-form-urlencoded", "a=", ""},
	{"/upload", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.txt\"\r\n\r\n", "\r\n--b--\r\n"},
	{"/body", "application/octet-stream", "", ""},
}

// slowBody sends a body of a form that follows from i, at 1 B/s to 3 kB/s, with its length or in chunks, and now and then
// after it was told to continue. It returns the status.
func (s *siege) slowBody(i int) string {
	rate := []int{1, 10, 100, 1000, 3000}[i%5]
	return s.connected(func(c net.Conn) string {
		return send(c, slowForms[i%len(slowForms)], 100_000, rate, i%2 == 0, i%3 == 0)
	}, "http/1.1")
}

// send posts a body of about so many bytes, at so many a second. It returns the status, or why there is none.
func send(c net.Conn, form slowForm, size, rate int, chunked, expect bool) string {
	body := form.before + strings.Repeat("x", size) + form.after
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n", form.path, form.kind)
	if expect {
		head += "Expect: 100-continue\r\n"
	}
	if chunked {
		head += "Transfer-Encoding: chunked\r\n\r\n"
	} else {
		head += fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))
	}
	if _, err := io.WriteString(c, head); err != nil {
		return "cut"
	}
	from := bufio.NewReader(c)
	piece, pause := max(1, rate/10), max(time.Second/time.Duration(rate), 100*time.Millisecond)
	for next := time.Now(); len(body) > 0; {
		part := body[:min(piece, len(body))]
		body = body[len(part):]
		if chunked {
			part = fmt.Sprintf("%x\r\n%s\r\n", len(part), part)
		}
		if _, err := io.WriteString(c, part); err != nil {
			break // the response may say why
		}
		next = next.Add(pause)
		if status := status(c, from, next); status != "" {
			return status
		}
	}
	if chunked {
		_, _ = io.WriteString(c, "0\r\n\r\n")
	}
	return status(c, from, time.Now().Add(30*time.Second))
}

// status reads a response, and returns nothing where none came by then.
func status(c net.Conn, from *bufio.Reader, by time.Time) string {
	for {
		_ = c.SetReadDeadline(by)
		if _, err := from.Peek(1); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return ""
			}
			return "cut"
		}
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		res, err := http.ReadResponse(from, nil)
		if err != nil {
			return "cut"
		}
		if res.StatusCode != http.StatusContinue {
			return fmt.Sprint(res.StatusCode)
		}
	}
}

// silent sends nothing, not even a greeting of TLS.
func (s *siege) silent(int) string {
	return s.connected(func(c net.Conn) string {
		_, _ = io.Copy(io.Discard, c)
		return "closed"
	})
}

// halfHead sends a head that never ends.
func (s *siege) halfHead(i int) string {
	return s.connected(func(c net.Conn) string {
		_, err := io.WriteString(c, "POST /body HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		for err == nil && s.Err() == nil {
			if s.rest(time.Second); i%2 == 0 {
				_, err = io.WriteString(c, "x")
			} else {
				_, err = io.Copy(io.Discard, c)
				break
			}
		}
		return "closed"
	}, "http/1.1")
}

// read requests a large response and reads so many bytes a second of it.
func (s *siege) read(i, rate int) string {
	path := []string{"/read/string", "/read/write", "/read/sse", "/read/file"}[i%4]
	return s.connected(func(c net.Conn) string {
		small(c, 4<<10)
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
			return "cut"
		}
		if rate == 0 {
			s.rest(time.Minute) // longer than any run
			return "stopped"
		}
		piece := make([]byte, rate)
		for s.Err() == nil {
			if _, err := io.ReadFull(c, piece); err != nil {
				return "cut"
			}
			s.rest(time.Second)
		}
		return "left"
	}, "http/1.1")
}

// small keeps the kernel from reading ahead for a client.
func small(c net.Conn, bytes int) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	_ = c.(*net.TCPConn).SetReadBuffer(bytes)
}

// closeWindow requests 50 large responses on one connection of HTTP/2, and lets none of them come.
func (s *siege) closeWindow(int) string {
	return s.connected(func(c net.Conn) string {
		if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
			return "cut"
		}
		f := http2.NewFramer(c, c)
		if err := f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}); err != nil {
			return "cut"
		}
		var head strings.Builder
		fields := hpack.NewEncoder(&head)
		for i := range 50 {
			head.Reset()
			for _, h := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}, {":path", []string{"/read/string", "/read/write", "/read/sse", "/read/file"}[i%4]}} {
				_ = fields.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]}) // into memory
			}
			if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: []byte(head.String()), EndStream: true, EndHeaders: true}); err != nil {
				return "cut"
			}
		}
		for ended := 0; ended < 50; {
			frame, err := f.ReadFrame()
			if err != nil {
				return "closed"
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					_ = f.WriteSettingsAck() // the next read says what is wrong
				}
			case *http2.PingFrame:
				_ = f.WritePing(true, frame.Data)
			case *http2.RSTStreamFrame:
				ended++
			case *http2.HeadersFrame:
				if frame.StreamEnded() {
					ended++
				}
			}
		}
		return "streams ended"
	}, "h2")
}

// beHonest sends what takes long over a slow line, in each way once: 400 kB at 3 kB/s, or what fits into the siege, and
// reads a large response as slowly. The function that it returns waits for them and fails the test for each that was not
// served.
func beHonest(t *testing.T, b *besieged, length time.Duration) (check func(*testing.T)) {
	const rate = 3000
	size := min(400_000, int(length.Seconds()*0.7)*rate)
	ends := map[string]string{}
	var mu sync.Mutex
	var clients sync.WaitGroup
	begun := time.Now()
	for i, form := range slowForms {
		for _, chunked := range []bool{false, true} {
			clients.Go(func() {
				end := "no connection"
				if c, err := b.dial("http/1.1"); err == nil {
					end = send(c, form, size, rate, chunked, i%2 == 1)
					c.Close()
				}
				mu.Lock()
				defer mu.Unlock()
				ends[fmt.Sprintf("%s %s, chunked %t", form.path, form.kind, chunked)] = end
			})
		}
	}
	clients.Go(func() {
		end := "no connection"
		if c, err := b.dial("http/1.1"); err == nil {
			small(c, 64<<10) // less would make a slow line slower than it reads
			end = receive(c, "/read/string", int(4e6/length.Seconds()*2))
			c.Close()
		}
		mu.Lock()
		defer mu.Unlock()
		ends["a slow reader"] = end
	})
	return func(t *testing.T) {
		t.Helper()
		clients.Wait()
		t.Logf("%d honest clients on slow lines, of %d bytes at %d B/s, were served within %s", len(ends), size, rate, time.Since(begun).Round(time.Second))
		for who, end := range ends {
			if end != "200" {
				t.Errorf("honest client: %s: %s", who, end)
			}
		}
	}
}

// receive reads a response at so many bytes a second, and returns its status, or that it was cut.
func receive(c net.Conn, path string, rate int) string {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		return "cut"
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return "cut"
	}
	defer res.Body.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := io.CopyN(io.Discard, res.Body, int64(rate/10)); err == io.EOF {
			return fmt.Sprint(res.StatusCode)
		} else if err != nil {
			return "cut"
		}
		<-tick.C
	}
}
