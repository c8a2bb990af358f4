package syncsession

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// maxDepth bounds how deep values nest, so that a value that contains itself ends.
const (
	maxDepth = 100
	tooDeep  = "a value that holds itself or nests deeper than 100 levels"
)

// copier makes canonical copies of what flow code passes. It counts what it copies, since a small hostile value
// that holds another one twice, and that one a third one twice, unfolds to any size.
type copier struct {
	session string // where the value goes, for messages
	key     string
	room    int // bytes that may still be copied
}

// value returns the canonical form of a value of a named session: objects and lists are text, which is immutable.
func (c *copier) value(v any) (any, error) {
	room := c.room
	v, err := c.copy(v, 1)
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case *ordered.Object, []any:
		text, err := encodeValue(v)
		if err != nil {
			return nil, c.refuse("a value that is not JSON")
		}
		c.room = room
		return json.RawMessage(text), c.take(len(text))
	}
	return v, nil
}

// copy returns plain data of v, in memory of its own. The values of a named session are at depth 1.
func (c *copier) copy(v any, depth int) (any, error) {
	switch v := v.(type) {
	case nil, bool, int64:
		return v, c.take(sizeOf(v))
	case string:
		text := validText(v)
		return text, c.take(sizeOf(text))
	case float64:
		return wholeNumber(v), c.take(sizeOf(v))
	case json.RawMessage:
		var text string
		if len(v) > 0 && v[0] == '"' && json.Unmarshal(v, &text) == nil {
			if _, units := (&ordered.Reader{Text: v}).String(); units != nil { // half a surrogate pair, which Go's text cannot hold
				return v, c.take(len(v))
			}
			return c.copy(text, depth)
		}
		if len(v) == 0 || v[0] != '{' && v[0] != '[' || !json.Valid(v) {
			return nil, c.refuse("text that is not an object or list")
		}
		if depth+ordered.Depth(v) > maxDepth+1 {
			return nil, c.refuse(tooDeep)
		}
		return v, c.take(len(v))
	case []any:
		return c.copyList(v, depth)
	case *ordered.Object:
		return c.copyObject(v, depth)
	case map[string]any:
		return c.copyObject(ordered.From(v), depth)
	case json.Number:
		n, ok := number(v)
		if !ok {
			return nil, c.refuse("a number that cannot be read")
		}
		return n, c.take(sizeOf(n))
	case time.Time:
		return c.copy(v.Format(time.RFC3339Nano), depth)
	}
	return c.copyOther(reflect.ValueOf(v), depth)
}

// copySession copies a named session.
func (c *copier) copySession(values *ordered.Object) (*ordered.Object, error) {
	m := ordered.New(values.Len())
	for key, v := range values.All() {
		key = validName(key)
		c.key = key
		if err := c.take(sizeOfKey(key)); err != nil {
			return nil, err
		}
		v, err := c.value(v)
		if err != nil {
			return nil, err
		}
		m.Set(key, v)
	}
	return m, c.take(emptyContainer)
}

// copyObject copies an object in a session.
func (c *copier) copyObject(values *ordered.Object, depth int) (*ordered.Object, error) {
	if depth > maxDepth {
		return nil, c.refuse(tooDeep)
	}
	m := ordered.New(0)
	for key, v := range values.All() {
		key = validName(key)
		if err := c.take(sizeOfKey(key)); err != nil {
			return nil, err
		}
		v, err := c.copy(v, depth+1)
		if err != nil {
			return nil, err
		}
		m.Set(key, v)
	}
	return m, c.take(emptyContainer)
}

func (c *copier) copyList(values []any, depth int) ([]any, error) {
	if depth > maxDepth {
		return nil, c.refuse(tooDeep)
	}
	list := []any{}
	for _, v := range values {
		v, err := c.copy(v, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, c.take(emptyContainer)
}

// copyOther copies Go's less usual types as the usual type that says the same.
func (c *copier) copyOther(v reflect.Value, depth int) (any, error) {
	switch v.Kind() {
	case reflect.Bool:
		return c.copy(v.Bool(), depth)
	case reflect.String:
		return c.copy(v.String(), depth)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return c.copy(v.Int(), depth)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Uint() <= math.MaxInt64 {
			return c.copy(int64(v.Uint()), depth)
		}
		return c.copy(float64(v.Uint()), depth)
	case reflect.Float32, reflect.Float64:
		return c.copy(v.Float(), depth)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 { // bytes and raw JSON look like lists of numbers, and are not
			break
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = v.Index(i).Interface()
		}
		return c.copyList(list, depth)
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			break
		}
		m := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			m[it.Key().String()] = it.Value().Interface()
		}
		return c.copyObject(ordered.From(m), depth)
	}
	return nil, c.refuse("a " + v.Type().String())
}

func (c *copier) take(n int) error {
	if c.room -= n; c.room < 0 {
		return fault.New(fault.TooLarge, "%s makes the session larger than it may be; %s", c.place(), keepElsewhere)
	}
	return nil
}

func (c *copier) refuse(what string) error {
	return fault.New(fault.Script, "%s holds %s, which a session cannot keep: only text, numbers, booleans, null, lists and objects of these", c.place(), what)
}

func (c *copier) place() string {
	if c.key == "" {
		return "session " + shortName(c.session)
	}
	return "key " + shortName(c.key) + " of session " + shortName(c.session)
}

// keepElsewhere is how a flow's author repairs a session that is too large.
const keepElsewhere = "keep large data in the database and only its key in the session"

// shortName quotes a name that flow code chose, for a message.
func shortName(name string) string { return strconv.Quote(clip.Text(name, 40)) }

// sizeOf counts the bytes of a canonical value in JSON, without commas and escapes and with one byte per number: never
// more than it really takes.
func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + 2
	case json.RawMessage:
		return len(v)
	case *ordered.Object:
		n := emptyContainer
		for key, item := range v.All() {
			n += sizeOfKey(key) + sizeOf(item)
		}
		return n
	}
	return 1
}

const emptyContainer = len("[]")

func sizeOfKey(key string) int { return len(key) + len(`"":`) }

// sizeOfName is what a named session takes besides its keys.
func sizeOfName(name string) int { return sizeOfKey(name) + emptyContainer }

// number reads a JSON number: an int64 where it is whole and fits, else a float64; not ok beyond float64.
func number(n json.Number) (any, bool) {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i, true
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return nil, false
	}
	return wholeNumber(f), true
}

// wholeNumber makes f an int64 where that is the same number, and null where JSON has no such number.
func wholeNumber(f float64) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	if f == math.Trunc(f) && f >= math.MinInt64 && f < math.MaxInt64 {
		return int64(f)
	}
	return f
}

// validText replaces what is not UTF-8, as JSON has no way to say it.
func validText(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// validName is validText for a name, which may have halves of surrogate pairs: JSON escapes them.
func validName(s string) string {
	if units := ordered.Units(s); units != nil {
		return ordered.FromUnits(units)
	}
	return s
}
