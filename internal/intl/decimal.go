package intl

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is a number as formatters take it: exact, Infinity or NaN.
type Decimal struct {
	negative, nan, infinite bool
	digits                  []byte // '0' to '9', the first and the last not '0'; none for zero
	point                   int    // how many digits stand before the decimal point; may be below 0 or beyond the digits
}

// maxExponent is from where on a text is Infinity or 0, as ECMA-402 says.
const maxExponent = 10_000

// Float returns the shortest decimal that is read as f.
func Float(f float64) Decimal {
	switch {
	case math.IsNaN(f):
		return Decimal{nan: true}
	case math.IsInf(f, 0):
		return Decimal{infinite: true, negative: f < 0}
	}
	d, _ := decimalOf(strconv.FormatFloat(f, 'e', -1, 64))
	return d
}

// Text reads a decimal as ECMAScript writes numbers in texts; NaN for what is none.
func Text(s string) Decimal {
	s = strings.TrimFunc(s, isBlank)
	if s == "" {
		return Decimal{}
	}
	if len(s) > 2 && s[0] == '0' && strings.IndexByte("xXoObB", s[1]) >= 0 {
		n, ok := new(big.Int).SetString(s, 0)
		if !ok || strings.Contains(s, "_") {
			return Decimal{nan: true}
		}
		s = n.String()
	}
	d, ok := decimalOf(s)
	if !ok {
		return Decimal{nan: true}
	}
	return d
}

// isBlank reports whether ECMAScript takes a character for white space or a line end.
func isBlank(c rune) bool {
	switch c {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF:
		return true
	}
	return c >= 0x2000 && c <= 0x200A
}

// decimalOf reads digits with a sign, a point and an exponent where there are any, and Infinity.
func decimalOf(s string) (d Decimal, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.negative = s[0] == '-'
		s = s[1:]
	}
	if s == "Infinity" {
		d.infinite = true
		return d, true
	}
	exponent := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		text := s[i+1:]
		n, err := strconv.Atoi(text)
		if err != nil {
			if _, wide := new(big.Int).SetString(text, 10); !wide || strings.Contains(text, "_") {
				return d, false
			}
			n = 10 * maxExponent
			if text[0] == '-' {
				n = -n
			}
		}
		exponent, s = n, s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" && fraction == "" {
		return d, false
	}
	all := whole + fraction
	for i := range len(all) {
		if all[i] < '0' || all[i] > '9' {
			return d, false
		}
	}
	d.digits, d.point = []byte(all), len(whole)
	d.trim()
	if exponent != 0 && len(d.digits) > 0 {
		d.point += max(min(exponent, 10*maxExponent), -10*maxExponent)
		switch {
		case d.point > maxExponent:
			d = Decimal{infinite: true, negative: d.negative}
		case d.point < -maxExponent:
			d = Decimal{negative: d.negative}
		}
	}
	return d, true
}

// trim removes zeros in front and behind.
func (d *Decimal) trim() {
	digits := bytes.TrimLeft(d.digits, "0")
	d.point -= len(d.digits) - len(digits)
	d.digits = bytes.TrimRight(digits, "0")
	if len(d.digits) == 0 {
		d.point = 0
	}
}

// Bytes returns about how long a text of the number is.
func (d *Decimal) Bytes() int {
	n := max(d.point, 0) + len(d.digits)
	if d.point < 0 {
		n -= d.point
	}
	return n
}

func (d *Decimal) isFinite() bool { return !d.nan && !d.infinite }
func (d *Decimal) isZero() bool   { return d.isFinite() && len(d.digits) == 0 }

// magnitude returns the power of ten of the first digit; 0 for zero.
func (d *Decimal) magnitude() int {
	if len(d.digits) == 0 {
		return 0
	}
	return d.point - 1
}

// rounded returns the number with at most so many digits behind the point; places may be below 0.
func (d *Decimal) rounded(places int, mode string) Decimal {
	keep := d.point + places
	if !d.isFinite() || keep >= len(d.digits) {
		return *d
	}
	up := d.roundsUp(keep, mode)
	out := Decimal{negative: d.negative, point: d.point}
	if keep > 0 {
		out.digits = bytes.Clone(d.digits[:keep])
	}
	if up {
		if keep <= 0 {
			out.digits, out.point = []byte{'1'}, 1-places
		} else {
			out.increase()
		}
	}
	out.trim()
	return out
}

// increase adds one to the last digit.
func (d *Decimal) increase() {
	for i := len(d.digits) - 1; i >= 0; i-- {
		if d.digits[i] < '9' {
			d.digits[i]++
			return
		}
		d.digits[i] = '0'
	}
	d.digits = append([]byte{'1'}, d.digits...)
	d.point++
}

// roundsUp reports whether the number without its digits from keep on is to be made larger, away from zero.
func (d *Decimal) roundsUp(keep int, mode string) bool {
	half := -1 // how what is cut off compares with a half
	if keep >= 0 {
		switch rest := d.digits[keep:]; {
		case rest[0] > '5' || rest[0] == '5' && len(rest) > 1:
			half = 1
		case rest[0] == '5':
			half = 0
		}
	}
	odd := keep > 0 && (d.digits[keep-1]-'0')%2 == 1
	return roundsUp(mode, d.negative, half, odd)
}

// roundsUp decides about a rest that is not zero. half is how it compares with a half; odd is about the digit before it.
func roundsUp(mode string, negative bool, half int, odd bool) bool {
	switch mode {
	case "ceil":
		return !negative
	case "floor":
		return negative
	case "expand":
		return true
	case "trunc":
		return false
	case "halfCeil":
		return half > 0 || half == 0 && !negative
	case "halfFloor":
		return half > 0 || half == 0 && negative
	case "halfTrunc":
		return half > 0
	case "halfEven":
		return half > 0 || half == 0 && odd
	}
	return half >= 0 // halfExpand
}

// toMultiple returns the number as a multiple of step units of the last of so many places.
func (d *Decimal) toMultiple(places, step int, mode string) Decimal {
	if !d.isFinite() || len(d.digits) == 0 {
		return *d
	}
	units := *d
	units.point += places
	more := max(len(units.digits)-units.point, 0) // digits behind the last place
	n, _ := new(big.Int).SetString(units.integer()+units.fraction(), 10)
	multiple := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(more)), nil)
	multiple.Mul(multiple, big.NewInt(int64(step)))
	quotient, rest := new(big.Int).QuoRem(n, multiple, new(big.Int))
	if rest.Sign() == 0 {
		return *d
	}
	if roundsUp(mode, d.negative, rest.Lsh(rest, 1).Cmp(multiple), quotient.Bit(0) == 1) {
		quotient.Add(quotient, big.NewInt(1))
	}
	out, _ := decimalOf(quotient.Mul(quotient, big.NewInt(int64(step))).String())
	out.negative = d.negative
	if len(out.digits) > 0 {
		out.point -= places
	}
	return out
}

// integer returns the digits before the point, at least one.
func (d *Decimal) integer() string {
	if d.point <= 0 {
		return "0"
	}
	if d.point <= len(d.digits) {
		return string(d.digits[:d.point])
	}
	return string(d.digits) + strings.Repeat("0", d.point-len(d.digits))
}

// fraction returns the digits behind the point, without zeros at the end.
func (d *Decimal) fraction() string {
	switch {
	case d.point >= len(d.digits):
		return ""
	case d.point < 0:
		return strings.Repeat("0", -d.point) + string(d.digits)
	}
	return string(d.digits[d.point:])
}
