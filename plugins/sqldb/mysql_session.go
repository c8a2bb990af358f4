package sqldb

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// mysqlConnector makes connections whose sessions can be reset and whose statements can be killed. The driver has calls
// for neither.
type mysqlConnector struct {
	driver.Connector
	again []packet // what resets a session and sets it up anew; nil where only the driver can write on the wire
}

// wireKey is where a context carries the wire of the connection that is being made.
type wireKey struct{}

func newMySQLConnector(cfg *mysql.Config) (*mysqlConnector, error) {
	collation := ""
	if strings.HasPrefix(cfg.Collation, "utf8mb4_") {
		collation = cfg.Collation
	}
	if err := cfg.Apply(mysql.Charset("utf8mb4", collation)); err != nil {
		return nil, err
	}
	dial := cfg.DialFunc
	if dial == nil {
		var d net.Dialer
		dial = d.DialContext
	}
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		w, ok := ctx.Value(wireKey{}).(*wire)
		if err != nil || !ok {
			return conn, err
		}
		w.Conn = conn
		return w, nil
	}
	base, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	c := &mysqlConnector{Connector: base}
	if plain := cfg.TLS == nil && (cfg.TLSConfig == "" || cfg.TLSConfig == "false"); plain && !strings.Contains(cfg.FormatDSN(), "compress=true") {
		set := "SET NAMES utf8mb4"
		if collation != "" {
			set += " COLLATE " + collation
		}
		for _, name := range slices.Sorted(maps.Keys(cfg.Params)) {
			set += ", " + name + " = " + cfg.Params[name]
		}
		c.again = []packet{mysqlPacket(comResetConnection, ""), mysqlPacket(comQuery, set)}
		if cfg.DBName != "" {
			c.again = append(c.again, mysqlPacket(comInitDB, cfg.DBName))
		}
	}
	return c, nil
}

// Commands of MySQL's protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html
const (
	comInitDB          = 0x02
	comQuery           = 0x03
	comResetConnection = 0x1f
)

// packet is a command for the server.
type packet struct {
	text     []byte
	optional bool // the server may refuse it
}

func mysqlPacket(command byte, argument string) packet {
	p := binary.LittleEndian.AppendUint32(nil, uint32(1+len(argument))) //nolint:gosec // short: the fourth byte is the sequence, 0
	return packet{text: append(append(p, command), argument...)}
}

// stopProfiler lists what ends MySQL's profiler behind a reset, which leaves it running, whatever it says of the variable
// profiling: it keeps the texts of the statements that follow. Its list shrinks where a statement ends that it has recorded.
func stopProfiler() []packet {
	list := []packet{
		mysqlPacket(comQuery, "SET profiling = 1, profiling_history_size = 0"),
		mysqlPacket(comQuery, "SET profiling = 0, profiling_history_size = DEFAULT"),
	}
	for i := range list {
		list[i].optional = true // a server may have no profiler
	}
	return list
}

// Connect implements [driver.Connector].
func (c *mysqlConnector) Connect(ctx context.Context) (driver.Conn, error) {
	w := &wire{left: messageRoom}
	conn, err := c.Connector.Connect(context.WithValue(ctx, wireKey{}, w))
	if err != nil {
		return nil, err
	}
	full, ok := conn.(mysqlDriverConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the MySQL driver has another connection than expected: %T", conn), conn.Close())
	}
	return &mysqlConn{mysqlDriverConn: full, wire: w, from: c}, nil
}

type mysqlDriverConn interface {
	driverConn
	driver.NamedValueChecker
}

// mysqlConn is a connection with its wire.
type mysqlConn struct {
	mysqlDriverConn
	wire *wire
	from *mysqlConnector
	odd  bool // a statement since the last reset may have started the profiler
}

func mysqlConnOf(c *sql.Conn) (conn *mysqlConn, err error) {
	err = c.Raw(func(dc any) error { conn = dc.(*mysqlConn); return nil })
	return conn, err
}

// sessionTimeout bounds what is said to the server about a session that no run uses any more.
const sessionTimeout = 5 * time.Second

// forget resets the session, in one round trip. After an error the connection must be closed.
func (m mysqlServer) forget(ctx context.Context, c *sql.Conn) error {
	if !m.resets { // keeps has the rest
		_, err := c.ExecContext(ctx, "DO RELEASE_ALL_LOCKS(), LAST_INSERT_ID(0)")
		return err
	}
	conn, err := mysqlConnOf(c)
	if err != nil || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	again := conn.from.again
	if conn.odd {
		again = slices.Insert(slices.Clone(again), 1, stopProfiler()...)
	}
	conn.odd = false
	return conn.wire.forget(again)
}

// keeps: a reset leaves the database that USE has chosen, unless the dsn names one. Where a session cannot be reset, under
// TLS or compression, only what plainly leaves nothing behind may be followed by another run.
func (m mysqlServer) keeps(st statement) bool {
	if m.resets && m.named {
		return st.verb != "SET" || st.second != "ROLE"
	}
	return everyday(st.verb) && (m.resets || !st.odd)
}

// plain are the words that may stand before a parenthesis in a statement that leaves nothing behind: words of the
// language, and functions that only reckon.
const plain = ` ALL AND ANY AS BETWEEN BY CASE ELSE EXCEPT EXISTS FROM HAVING IN INTERSECT JOIN KEY LIKE LIMIT NOT ON OR OVER PARTITION SELECT SET SOME THEN UNION USING VALUES WHEN WHERE XOR ` +
	` DECIMAL CHAR VARCHAR BINARY VARBINARY DATETIME TIME TIMESTAMP ` +
	` ABS AVG CAST CEIL CEILING CHAR_LENGTH COALESCE CONCAT CONCAT_WS CONVERT COUNT CURDATE CURRENT_DATE CURRENT_TIMESTAMP CURTIME DATE DATEDIFF DATE_ADD DATE_FORMAT ` +
	` DATE_SUB DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR DENSE_RANK EXTRACT FIELD FIND_IN_SET FIRST_VALUE FLOOR FORMAT FROM_UNIXTIME GREATEST GROUP_CONCAT HEX HOUR IF IFNULL ` +
	` INSTR ISNULL JSON_ARRAY JSON_ARRAYAGG JSON_CONTAINS JSON_EXTRACT JSON_LENGTH JSON_OBJECT JSON_OBJECTAGG JSON_SET JSON_UNQUOTE JSON_VALUE LAG LAST_DAY LAST_VALUE LCASE ` +
	` LEAD LEAST LEFT LENGTH LOCATE LOWER LPAD LTRIM MAX MD5 MID MIN MINUTE MOD MONTH MONTHNAME NOW NULLIF NTILE POSITION POW POWER QUARTER RANK REPEAT REPLACE REVERSE ` +
	` RIGHT ROUND ROW_NUMBER RPAD RTRIM SECOND SHA1 SHA2 SIGN SQRT STDDEV STR_TO_DATE SUBSTR SUBSTRING SUBSTRING_INDEX SUM TIMESTAMPDIFF TIME_FORMAT TO_DAYS TRIM TRUNCATE ` +
	` UCASE UNHEX UNIX_TIMESTAMP UPPER UTC_TIMESTAMP UUID VARIANCE WEEK WEEKDAY YEAR `

// isPlain reports whether a word before a parenthesis leaves nothing behind.
func isPlain(word string) bool { return strings.Contains(plain, " "+word+" ") }

// kill ends the statement that the server still works at, though its connection is gone.
func (c *mysqlConn) kill() {
	ctx, cancel := context.WithTimeout(context.Background(), sessionTimeout)
	defer cancel()
	side, err := c.from.Connector.Connect(ctx)
	if err != nil {
		return // the server is away, or full: it notices by itself when it writes
	}
	_, _ = side.(driver.ExecerContext).ExecContext(ctx, "KILL "+strconv.FormatUint(uint64(c.wire.thread), 10), nil)
	_ = side.Close()
}

// wire is the network connection below the driver. It belongs to the user of the driver's connection.
type wire struct {
	net.Conn
	left   int64  // bytes that the server may still send; below 0 it has sent too many
	thread uint32 // the server's number of the connection
	first  []byte // of what the server sent, until thread is known
}

var errWireFull = errors.New("the server sends more than an answer may have")

// Read counts what comes, so that a value is refused before it is held.
func (w *wire) Read(b []byte) (int, error) {
	if w.left < 0 {
		return 0, errWireFull
	}
	n, err := w.Conn.Read(b)
	w.left -= int64(n)
	if w.thread == 0 {
		w.greeted(b[:n])
	}
	return n, err
}

// greeted finds the number of the connection in the server's first packet: behind 4 bytes of header, 1 of the protocol's
// version, and the server's version, which ends with 0.
func (w *wire) greeted(b []byte) {
	const header, number = 5, 4
	if w.first = append(w.first, b...); len(w.first) < header {
		return
	}
	if end := bytes.IndexByte(w.first[header:], 0); end >= 0 && len(w.first) >= header+end+1+number {
		w.thread = binary.LittleEndian.Uint32(w.first[header+end+1:])
		w.first = nil
	}
}

// SyscallConn lets the driver look whether the server has closed the connection.
func (w *wire) SyscallConn() (syscall.RawConn, error) {
	if c, ok := w.Conn.(syscall.Conn); ok {
		return c.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// forget sends packets that are each answered by one, between two commands of the driver.
func (w *wire) forget(packets []packet) error {
	if err := w.Conn.SetDeadline(time.Now().Add(sessionTimeout)); err != nil {
		return err
	}
	var all []byte
	for _, p := range packets {
		all = append(all, p.text...)
	}
	if _, err := w.Conn.Write(all); err != nil {
		return err
	}
	for _, p := range packets {
		var header [5]byte
		if _, err := io.ReadFull(w.Conn, header[:]); err != nil {
			return err
		}
		rest := int64(header[0]) | int64(header[1])<<8 | int64(header[2])<<16 - 1
		if _, err := io.CopyN(io.Discard, w.Conn, rest); err != nil {
			return err
		}
		if header[4] != 0 && !p.optional {
			return errors.New("the server does not reset the session")
		}
	}
	return w.Conn.SetDeadline(time.Time{})
}
