package e2e

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const socketApp = `{"drawflow":{"Main":{"data":{
"1":{"data":{"type":"starter","urlpattern":"/echo/:id","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"2"}]}}},
"2":{"data":{"type":"js","code":"function main(){ let error = ''; c.WebSocket(ws => { ws.send('ready'); try { let m; while ((m = ws.receive()) !== null) ws.send(m) } catch (e) { error = e.message }; kv.set(c.Param('id'), [ws.code, ws.reason, error, ws.receive()]) }) }"}},
"3":{"data":{"type":"starter","urlpattern":"/end/:id","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"4"}]}}},
"4":{"data":{"type":"js","code":"function main(){ let end; for (let i = 0; i < 500 && !end; i++) { end = kv.get(c.Param('id')); if (!end) sleep(10) } c.JSON(200, end) }"}}
}}}}`

// frame is a frame of a client: its first byte and its payload, masked.
func frame(first byte, payload string) string {
	head := []byte{first, 0x80 | byte(min(len(payload), 126))}
	switch {
	case len(payload) > 65535:
		head = binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, uint64(len(payload)))
	case len(payload) > 125:
		head = binary.BigEndian.AppendUint16(head, uint16(len(payload)))
	}
	key := "\x12\xf3\x88\x07"
	b := append(head, key...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i%4])
	}
	return string(b)
}

// closing is a close frame.
func closing(code uint16, reason string) string {
	return frame(0x88, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

// sent is what a client of a WebSocket sends, the code that it is told, and what the flow learns.
type sent struct {
	name, frames string
	answer       int    // 0 for a connection that just ends, 1005 for a close frame without a code
	learns       string // JSON: code, reason, error, what receive returns after the end
	gone         bool   // the client closes the connection behind what it sent
}

func socketCases() []sent {
	const broke = `"the WebSocket connection broke"`
	in := func(code int, reason string) string { return fmt.Sprintf(`[%d,%q,"",null]`, code, reason) }
	list := []sent{
		{name: "no code", frames: frame(0x88, ""), answer: 1005, learns: in(1005, "")},
		{name: "a reason in UTF-8", frames: closing(1000, "adiós 😀"), answer: 1000, learns: in(1000, "adiós 😀")},
		{name: "a reason that is not UTF-8", frames: closing(1000, "a\xffb"), answer: 1007, learns: in(1007, "a?b")},
		{name: "a reason of another encoding", frames: closing(4000, "adi\xf3s"), answer: 1007, learns: in(1007, "adi?s")},
		{name: "a reason that is cut", frames: closing(1001, strings.Repeat("x", 122)+"\xc3"), answer: 1007, learns: in(1007, strings.Repeat("x", 122)+"?")},
		{name: "a reason with half a surrogate pair", frames: closing(1000, "\xed\xa0\x80"), answer: 1007, learns: in(1007, "???")},
		{name: "behind a message", frames: frame(0x81, "hello") + closing(1000, "\xc0\xaf"), answer: 1007, learns: in(1007, "??")},
		{name: "text that is not UTF-8", frames: frame(0x81, "\xc3\x28"), answer: 1007, learns: in(1007, "the text is not UTF-8")},
		{name: "text that is not UTF-8, in parts", frames: frame(0x01, "\xc3") + frame(0x80, "\x28"), answer: 1007, learns: in(1007, "the text is not UTF-8")},
		{name: "too big", frames: frame(0x82, strings.Repeat("x", 1<<20+1)), answer: 1009, learns: `[1009,"",` + broke + `,null]`},
		{
			name: "too big in parts", frames: frame(0x02, strings.Repeat("x", 1<<19)) + frame(0x80, strings.Repeat("x", 1<<19+1)), answer: 1009,
			learns: `[1009,"",` + broke + `,null]`,
		},
		{name: "gone", gone: true, learns: in(1006, "")},
		{name: "gone within a message", frames: frame(0x81, strings.Repeat("x", 1000))[:8+512], gone: true, learns: `[1006,"",` + broke + `,null]`},
		{name: "gone between parts", frames: frame(0x01, "x"), gone: true, learns: `[1006,"",` + broke + `,null]`},
		{name: "gone within a close frame", frames: closing(1000, "bye")[:9], gone: true, learns: `[1006,"",` + broke + `,null]`},
	}
	for _, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		list = append(list, sent{name: fmt.Sprint(code), frames: closing(code, "x"), answer: int(code), learns: in(int(code), "x")})
	}
	wrong := map[string]string{
		"one byte": frame(0x88, "\x03"), "a close frame beyond 125 bytes": closing(1000, strings.Repeat("x", 124)), "a close frame in parts": frame(0x08, "\x03\xe8"),
		"a ping beyond 125 bytes": frame(0x89, strings.Repeat("x", 126)), "a ping in parts": frame(0x09, ""), "a frame without a mask": "\x81\x01x",
		"a close frame without a mask": "\x88\x03\x03\xe8\xff", "a continuation of nothing": frame(0x80, "x"),
		"two messages at once":       frame(0x01, "x") + frame(0x81, "x"),
		"a length beyond all bounds": "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04",
	}
	for _, code := range []uint16{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		wrong[fmt.Sprint("code ", code)] = closing(code, "x")
	}
	for _, bit := range []byte{0x40, 0x20, 0x10} {
		wrong[fmt.Sprintf("bits %x", bit)] = frame(0x81|bit, "x")
		wrong[fmt.Sprintf("bits %x of a close frame", bit)] = frame(0x88|bit, "\x03\xe8")
	}
	for _, opcode := range []byte{3, 7, 11, 15} {
		wrong[fmt.Sprint("opcode ", opcode)] = frame(0x80|opcode, "x")
	}
	for name, frames := range wrong {
		list = append(list, sent{name: name, frames: frames, answer: 1002, learns: `[1002,"",` + broke + `,null]`})
	}
	return list
}

// TestSocketsEndAsTheProtocolSays: a client that closes a WebSocket, or breaks RFC 6455, is told the code of 7.4, and so is the
// flow, however the bytes arrive.
func TestSocketsEndAsTheProtocolSays(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "app.json")
	if err := os.WriteFile(file, []byte(socketApp), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "-a", file)
	for i, sent := range socketCases() {
		for _, way := range []string{"whole", "bytes", "early"} {
			if way != "whole" && len(sent.frames) > 1000 {
				continue
			}
			id := fmt.Sprintf("%s-%d", way, i)
			if answer := s.ends(t, id, way, sent); answer != sent.answer {
				t.Errorf("%s, %s: told %d, want %d", sent.name, way, answer, sent.answer)
			}
			res, err := http.Get(s.url + "/end/" + id)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if strings.TrimSpace(string(got)) != sent.learns {
				t.Errorf("%s, %s: the flow learns %s, want %s", sent.name, way, got, sent.learns)
			}
		}
	}
}

// ends sends frames whole, byte by byte, or with the request, and returns the code of the close frame that comes.
func (s *server) ends(t *testing.T, id, way string, sent sent) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	pieces := []string{"GET /echo/" + id + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"}
	switch way {
	case "early":
		pieces[0] += sent.frames
	case "bytes":
		for i := range len(sent.frames) {
			pieces = append(pieces, sent.frames[i:i+1])
		}
	default:
		pieces = append(pieces, sent.frames)
	}
	for _, piece := range pieces {
		if _, err := io.WriteString(conn, piece); err != nil {
			break // it may have been told already
		}
	}
	r := bufio.NewReader(conn)
	if res, err := http.ReadResponse(r, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(sent.name, way, res, err)
	}
	if !sent.gone {
		return toldCode(r)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	toldCode(r)
	return 0
}

// toldCode reads frames of a server up to the close frame and returns its code.
func toldCode(r *bufio.Reader) int {
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(r, head); err != nil {
			return 0
		}
		payload := make([]byte, head[1])
		if _, err := io.ReadFull(r, payload); err != nil {
			return 0
		}
		switch {
		case head[0] == 0x88 && len(payload) < 2:
			return 1005
		case head[0] == 0x88:
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}
