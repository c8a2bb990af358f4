package compile

import (
	"net/url"
	"path"
	"strings"

	"github.com/dop251/goja/file"
	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"
)

// countFromOne moves every column of a source map by one. Source maps count columns from 0 (ECMA-426), goja asks for
// them and prints them counting from 1. Columns are written as differences: the generated one starts anew in each
// line, the source one runs through the whole map.
func countFromOne(sourceMap []byte) []byte {
	lines := strings.Split(gjson.GetBytes(sourceMap, "mappings").Str, ";")
	sourceShifted := false
	for i, line := range lines {
		if line == "" {
			continue
		}
		first, rest, more := strings.Cut(line, ",")
		fields := decodeVLQ(first)
		if len(fields) > 0 {
			fields[0]++
		}
		if len(fields) > 3 && !sourceShifted {
			fields[3]++
			sourceShifted = true
		}
		lines[i] = encodeVLQ(fields)
		if more {
			lines[i] += "," + rest
		}
	}
	out, err := sjson.SetBytes(sourceMap, "mappings", strings.Join(lines, ";"))
	if err != nil {
		return sourceMap
	}
	return out
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// decodeVLQ reads the numbers of one segment: base 64, least digits first, bit 5 of a digit says that more follow, the
// lowest bit of the number is its sign.
func decodeVLQ(s string) (fields []int) {
	value, shift := 0, 0
	for i := range len(s) {
		digit := strings.IndexByte(base64Digits, s[i])
		if digit < 0 {
			return nil
		}
		value |= (digit & 31) << shift
		if digit&32 != 0 {
			shift += 5
			continue
		}
		n := value >> 1
		if value&1 != 0 {
			n = -n
		}
		fields = append(fields, n)
		value, shift = 0, 0
	}
	return fields
}

func encodeVLQ(fields []int) string {
	var b strings.Builder
	for _, n := range fields {
		value := n << 1
		if n < 0 {
			value = -n<<1 | 1
		}
		for value > 31 {
			b.WriteByte(base64Digits[value&31|32])
			value >>= 5
		}
		b.WriteByte(base64Digits[value])
	}
	return b.String()
}

// sourceFile is the name under which a source stands in its source map: goja reads it as a URL next to the program's.
func sourceFile(name string) string { return url.PathEscape(path.Base(name)) }

// mappedName is how goja then writes the program's name in stacks.
func mappedName(name string) string {
	if u := file.ResolveSourcemapURL(name, sourceFile(name)); u != nil {
		return u.String()
	}
	return sourceFile(name)
}
