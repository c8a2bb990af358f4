package store

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// text reads any column as text; NULL is "".
type text string

// Scan implements sql.Scanner.
func (t *text) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = ""
	case string:
		*t = text(v)
	case []byte:
		*t = text(v)
	case time.Time:
		*t = text(v.Format(time.RFC3339))
	default:
		*t = text(fmt.Sprint(v))
	}
	return nil
}

// padded reads a column that may be CHAR: trailing blanks are no part of the value.
type padded string

// Scan implements sql.Scanner.
func (p *padded) Scan(src any) error {
	var t text
	err := t.Scan(src)
	*p = padded(strings.TrimRight(string(t), " "))
	return err
}

// truth reads a flag that may be a boolean, a number, a text or a blob. What it cannot read is false.
type truth bool

// Scan implements sql.Scanner.
func (b *truth) Scan(src any) error {
	switch v := src.(type) {
	case bool:
		*b = truth(v)
	case int64:
		*b = v != 0
	case float64:
		*b = v != 0
	case []byte:
		*b = truth(len(v) == 1 && v[0] == 1 || truthText(string(v)))
	case string:
		*b = truth(truthText(v))
	default:
		*b = false
	}
	return nil
}

func truthText(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "1", "t", "true", "y", "yes", "on":
		return true
	}
	return false
}

// number reads an id; what is not a number is 0.
type number int64

// Scan implements sql.Scanner.
func (n *number) Scan(src any) error {
	var m moment
	if err := m.Scan(src); err != nil {
		return err
	}
	*n = 0
	if m.unix != nil {
		*n = number(*m.unix)
	}
	return nil
}

// moment reads a time in unix seconds from a number, a text or a timestamp. NULL and "" are nil; what cannot be read is
// 0, long ago, so that a token with an unreadable expiry is not valid.
type moment struct{ unix *int64 }

// Scan implements sql.Scanner.
func (m *moment) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		m.unix = nil
	case int64:
		m.unix = &v
	case float64:
		m.unix = new(seconds(v))
	case bool:
		m.unix = new(int64(0))
	case time.Time:
		m.unix = new(v.Unix())
	case []byte:
		m.unix = momentText(string(v))
	case string:
		m.unix = momentText(v)
	default:
		m.unix = new(int64(0))
	}
	return nil
}

func momentText(s string) *int64 {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return &n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return new(seconds(f))
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return new(t.Unix())
		}
	}
	return new(int64(0))
}

// seconds cuts the fraction off; what does not fit is 0.
func seconds(f float64) int64 {
	if math.IsNaN(f) || math.Abs(f) > math.MaxInt32*1024 {
		return 0
	}
	return int64(f)
}
