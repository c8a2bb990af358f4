package sandbox

import (
	"math"
	"reflect"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// powerFunction returns the function that ** is.
func (m *meter) powerFunction() goja.Value {
	if m.power == nil {
		m.power = m.rt.ToValue(func(call goja.FunctionCall) goja.Value { return m.powerOf(call.Argument(0), call.Argument(1)) })
	}
	return m.power
}

func (m *meter) powerOf(base, exponent goja.Value) goja.Value {
	base, exponent = m.numeric(base), m.numeric(exponent)
	if !isNumber(base) || !isNumber(exponent) {
		m.guards.bigOperand(compile.SlotBase, base)
		m.guards.bigOperand(compile.SlotExponent, exponent)
		return m.goPower(base, exponent)
	}
	return m.rt.ToValue(power(base.ToFloat(), exponent.ToFloat()))
}

// goPower is goja's own **, for BigInts and what is an error.
func (m *meter) goPower(base, exponent goja.Value) goja.Value {
	return m.own(ownPower(), base, exponent)
}

// own calls the function that is a program of the runtime's own.
func (m *meter) own(program *goja.Program, args ...goja.Value) goja.Value {
	v, err := m.rt.RunProgram(program)
	if err == nil {
		if f, ok := goja.AssertFunction(v); ok {
			v, err = f(goja.Undefined(), args...)
		}
	}
	if err != nil {
		m.rethrow(err)
	}
	return v
}

// numeric makes a number of an operand, or a BigInt where the operand is one.
func (m *meter) numeric(v goja.Value) goja.Value {
	if isObject(v) && m.limits.BigInt {
		return m.own(ownNumeric(), v)
	}
	return numeric(v)
}

// numeric makes a number of an operand that is an object.
func numeric(v goja.Value) goja.Value {
	if o, ok := v.(*goja.Object); ok {
		return o.ToNumber()
	}
	return v
}

// isNumber reports whether a primitive can become a number: BigInts and symbols cannot.
func isNumber(v goja.Value) bool {
	if _, symbol := v.(*goja.Symbol); symbol {
		return false
	}
	t := v.ExportType()
	return t == nil || t.Kind() != reflect.Pointer
}

// guardPower stands in place of Math.pow.
func guardPower(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	base, exponent := numeric(call.Argument(0)), numeric(call.Argument(1))
	if !isNumber(base) || !isNumber(exponent) {
		return next(goja.FunctionCall{This: call.This, Arguments: []goja.Value{base, exponent}}) // it complains
	}
	return g.rt.ToValue(power(base.ToFloat(), exponent.ToFloat()))
}

// power returns x to the power y as ECMAScript has it, right but for the rounding of the last bit. Go's math.Pow multiplies, and
// loses a bit with each factor.
func power(x, y float64) float64 {
	switch {
	case y == 0:
		return 1
	case math.IsNaN(y), math.Abs(x) == 1 && math.IsInf(y, 0):
		return math.NaN()
	case y == 1:
		return x
	case x == 0, math.IsNaN(x), math.IsInf(x, 0), math.IsInf(y, 0), x == 1:
		return math.Pow(x, y) // exact
	case x < 0:
		if y != math.Trunc(y) {
			return math.NaN()
		}
		if p := power(-x, y); math.Mod(y, 2) == 0 {
			return p
		} else {
			return -p
		}
	}
	if _, e := math.Frexp(x); y == math.Trunc(y) && math.Abs(y) <= 1024 && math.Abs(y)*math.Abs(float64(e)) < 900 {
		return whole(x, int(y))
	}
	l := logarithm(x).times(double{y, 0})
	switch {
	case l.high > 710:
		return math.Inf(1)
	case l.high < -746:
		return 0
	}
	return exponential(l)
}

// whole returns a power whose exponent is a whole number and which is no larger than a number can be, by squaring.
func whole(x float64, n int) float64 {
	result, square := double{1, 0}, double{x, 0}
	for i := max(n, -n); ; {
		if i&1 != 0 {
			result = result.times(square)
		}
		if i >>= 1; i == 0 {
			break
		}
		square = square.times(square)
	}
	if n < 0 {
		result = double{1, 0}.over(result)
	}
	return result.high + result.low
}

// double is a number of about 106 bits: the sum of two, of which the second is less than half a last bit of the first.
type double struct{ high, low float64 }

// sum returns the exact sum of two numbers.
func sum(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}

func (d double) plus(e double) double {
	s, t := sum(d.high, e.high), sum(d.low, e.low)
	s = sum(s.high, s.low+t.high)
	return sum(s.high, s.low+t.low)
}

func (d double) times(e double) double {
	p := d.high * e.high
	return sum(p, math.FMA(d.high, e.high, -p)+(d.high*e.low+d.low*e.high))
}

func (d double) over(e double) double {
	q := d.high / e.high
	rest := d.plus(e.times(double{-q, 0}))
	return sum(q, rest.high/e.high)
}

// ln2 is the logarithm of 2.
func ln2() double { return double{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56} }

// logarithm returns the natural logarithm of a positive number: 2·artanh((m-1)/(m+1)) of its mantissa m, plus ln2 for each
// power of two.
func logarithm(x float64) double {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	s := sum(m, -1).over(sum(m, 1))
	square := s.times(s)
	series := double{}
	for n := 41.0; n >= 1; n -= 2 { // s is at most 0.172: the last term is less than 2^-104 of the first
		series = series.times(square).plus(double{1, 0}.over(double{n, 0}))
	}
	series = series.times(s)
	return ln2().times(double{float64(e), 0}).plus(double{2 * series.high, 2 * series.low})
}

// exponential returns e to the power d: of d less its multiples of ln2, in 256 parts, whose power is squared eight times.
func exponential(d double) float64 {
	const halvings = 8
	k := math.Round(d.high / math.Ln2)
	r := d.plus(ln2().times(double{-k, 0}))
	r = double{math.Ldexp(r.high, -halvings), math.Ldexp(r.low, -halvings)}
	series := double{1, 0}
	for n := 12.0; n >= 1; n-- { // r is at most 0.0014
		series = series.times(r).over(double{n, 0}).plus(double{1, 0})
	}
	for range halvings {
		series = series.times(series)
	}
	return math.Ldexp(series.high+series.low, int(k))
}
