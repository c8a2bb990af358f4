package render

import (
	"fmt"
	"math"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// printf is fmt.Sprintf without widths that a page does not need, for any number with any verb of numbers.
func (p *page) printf(format string, args ...any) (string, error) {
	verbs := strings.Count(format, "%")
	if verbs > maxVerbs || wideVerb.MatchString(format) {
		return "", fault.New(fault.Script, "printf takes up to %d verbs, each up to 999 wide", maxVerbs)
	}
	if err := p.meter.charge(len(format) + verbs*(999+6*sizes(args))); err != nil {
		return "", err
	}
	var failed error
	wrapped := make([]any, len(args))
	for i, v := range args {
		wrapped[i] = printed{v, &failed}
	}
	at := 0
	for _, v := range verb.FindAllString(format, -1) {
		switch {
		case v == "%%":
			continue
		case strings.HasSuffix(v, "T") && at < len(args): // fmt asks no Formatter for the type
			wrapped[at] = args[at]
		case strings.HasSuffix(v, "p"):
			return "", fault.New(fault.Script, "printf prints no places in memory")
		}
		at++
	}
	text := fmt.Sprintf(format, wrapped...)
	if failed == nil && badVerb.MatchString(text) && !badVerb.MatchString(format) && !badVerb.MatchString(fmt.Sprint(args...)) {
		failed = fault.New(fault.Script, "printf: %.80q has %d values, more or fewer than it prints", format, len(args))
	}
	return text, failed
}

// printed is an argument of printf.
type printed struct {
	value  any
	failed *error // of the call
}

// Format implements fmt.Formatter.
func (p printed) Format(f fmt.State, verb rune) {
	write := func(v any) { _, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), v) }
	as := func(verb rune, v any) { _, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), v) }
	n, isNumber := numeric(p.value)
	_, isText := textual(p.value)
	switch {
	case absent(p.value):
		as('s', "")
	case isNumber && math.IsInf(n.f, 0) && strings.ContainsRune("eEfFgG", verb):
		width, _ := f.Width()
		if f.Flag('-') {
			width = -width
		}
		_, _ = fmt.Fprintf(f, "%*s", width, number(n.f))
	case isNumber && strings.ContainsRune("vs", verb):
		as('s', fmt.Sprint(show(p.value)))
	case isNumber && strings.ContainsRune("eEfFgG", verb):
		write(n.f)
	case isNumber && strings.ContainsRune("dboOxXcqU", verb):
		if i, ok := whole(p.value); ok {
			write(i)
		} else if verb == 'd' { // as console.log prints it
			as('s', number(n.f).String())
		} else {
			p.refuse(verb)
		}
	case verb == 'v', isText && strings.ContainsRune("sqxX", verb):
		write(show(p.value))
	case verb == 's':
		as('s', fmt.Sprint(show(p.value)))
	case verb == 't':
		if b, ok := p.value.(bool); ok {
			write(b)
			return
		}
		p.refuse(verb)
	default:
		p.refuse(verb)
	}
}

func (p printed) refuse(verb rune) {
	if *p.failed == nil {
		*p.failed = fault.New(fault.Script, "printf: %%%c does not print %.40q", verb, fmt.Sprint(show(p.value)))
	}
}
