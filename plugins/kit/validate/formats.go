package validate

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/net/idna"
)

// formats are those that the library reads too leniently.
func formats() []*jsonschema.Format {
	var list []*jsonschema.Format
	for name, holds := range map[string]func(string) bool{
		"email": func(s string) bool { return isEmail(s, false) }, "idn-email": func(s string) bool { return isEmail(s, true) },
		"uri": func(s string) bool { return isURI(s, false, false) }, "uri-reference": func(s string) bool { return isURI(s, true, false) },
		"iri": func(s string) bool { return isURI(s, false, true) }, "iri-reference": func(s string) bool { return isURI(s, true, true) },
		"hostname": func(s string) bool {
			return isHostname(s) && (!strings.Contains(strings.ToLower(s), "xn--") || isIDN(s))
		},
		"ipv4": isIPv4, "duration": rfcDuration.MatchString, "idn-hostname": isIDN, "uri-template": isURITemplate,
	} {
		list = append(list, &jsonschema.Format{Name: name, Validate: func(v any) error {
			if s, ok := v.(string); ok && !holds(s) {
				return errors.New("it is none")
			}
			return nil
		}})
	}
	return list
}

// rfcDuration is a duration of RFC 3339, appendix A: no unit between two others may be left out.
var rfcDuration = regexp.MustCompile(`^P(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?|T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))$`)

// isIPv4 is dotted decimal without signs and needless zeros (RFC 2673, 3.2).
func isIPv4(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}

func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6() && a.Zone() == ""
}

// isEmail is a mailbox of RFC 5321, or of RFC 6531 with characters of any language.
func isEmail(s string, any bool) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 {
		return false
	}
	return isLocalPart(s[:at], any) && isMailDomain(s[at+1:], any)
}

func isLocalPart(s string, any bool) bool {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		for i := 1; i < len(s)-1; i++ {
			switch c := s[i]; {
			case c == '\\':
				if i++; i == len(s)-1 {
					return false
				}
			case c < ' ' || c == '"' || c == 0x7f || c >= 0x80 && !any:
				return false
			}
		}
		return true
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for _, c := range atom {
			if !isAlnum(c) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", c) && (c < 0x80 || !any || c == utf8.RuneError) {
				return false
			}
		}
	}
	return true
}

func isMailDomain(s string, any bool) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") {
		inner = strings.TrimSuffix(inner, "]")
		if v6, ok := strings.CutPrefix(inner, "IPv6:"); ok {
			return isIPv6(v6)
		}
		return isIPv4(inner)
	}
	if any {
		return isIDN(s)
	}
	return isHostname(s)
}

// isHostname is a name of RFC 1123: labels of up to 63 letters, digits and hyphens inside.
func isHostname(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if !isAlnum(c) && c != '-' {
				return false
			}
		}
	}
	return true
}

func isAlnum(c rune) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80 }

// isIDN is a name of RFC 5890, whose labels hold the characters of RFC 5892 where they may stand.
func isIDN(s string) bool {
	profile := idna.New(idna.ValidateLabels(true), idna.StrictDomainName(true), idna.VerifyDNSLength(true),
		idna.CheckHyphens(true), idna.CheckJoiners(true), idna.BidiRule())
	plain := strings.NewReplacer("\u3002", ".", "\uFF0E", ".", "\uFF61", ".").Replace(s)
	ascii, err := profile.ToASCII(plain)
	if err != nil || !isHostname(ascii) {
		return false
	}
	shown, err := profile.ToUnicode(ascii)
	if err != nil {
		return false
	}
	for label := range strings.SplitSeq(shown, ".") {
		if !fitsTogether([]rune(label)) || strings.HasPrefix(strings.ToLower(label), "xn--") {
			return false
		}
	}
	return true
}

// fitsTogether checks the rules of RFC 5892, appendix A and 2.6, that the library leaves out.
func fitsTogether(label []rune) bool {
	is := func(i int, tables ...*unicode.RangeTable) bool {
		return i >= 0 && i < len(label) && unicode.In(label[i], tables...)
	}
	japanese, arabic, extended := false, false, false
	for i, c := range label {
		japanese = japanese || is(i, unicode.Hiragana, unicode.Katakana, unicode.Han)
		arabic = arabic || c >= 0x660 && c <= 0x669
		extended = extended || c >= 0x6F0 && c <= 0x6F9
		switch c {
		case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x303B:
			return false
		case 0xB7:
			if i == 0 || i+1 == len(label) || label[i-1] != 'l' || label[i+1] != 'l' {
				return false
			}
		case 0x375:
			if !is(i+1, unicode.Greek) {
				return false
			}
		case 0x5F3, 0x5F4:
			if !is(i-1, unicode.Hebrew) {
				return false
			}
		}
	}
	return (japanese || !slices.Contains(label, 0x30FB)) && !(arabic && extended)
}

// isURI is a URI of RFC 3986, or an IRI of RFC 3987; a reference may lack its scheme.
func isURI(s string, reference, any bool) bool {
	for i, c := range s {
		switch {
		case c == '%':
			if i+2 >= len(s) || !arg.IsHex(s[i+1]) || !arg.IsHex(s[i+2]) {
				return false
			}
		case c >= 0x80:
			if !any || c == utf8.RuneError || c >= 0xE000 && c < 0xF900 || c < 0xA0 {
				return false
			}
		case !isAlnum(c) && !strings.ContainsRune("-._~:/?#[]@!$&'()*+,;=", c):
			return false
		}
	}
	s, fragment, _ := strings.Cut(s, "#")
	rest, query, _ := strings.Cut(s, "?")
	scheme, after, colon := strings.Cut(rest, ":")
	switch {
	case colon && uriScheme.MatchString(scheme):
		rest = after
	case !reference, colon && !strings.Contains(scheme, "/"):
		return false
	}
	path := rest
	if authority, ok := strings.CutPrefix(rest, "//"); ok {
		n := strings.IndexByte(authority, '/')
		if n < 0 {
			n = len(authority)
		}
		if path = authority[n:]; !isAuthority(authority[:n]) {
			return false
		}
	}
	return !strings.ContainsAny(path+query+fragment, "[]") && !strings.Contains(fragment, "#")
}

var (
	uriScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`)
	ipFuture  = regexp.MustCompile(`^[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+$`)
)

func isAuthority(s string) bool {
	if user, host, ok := strings.Cut(s, "@"); ok {
		if strings.ContainsAny(user, "[]") || strings.Contains(host, "@") {
			return false
		}
		s = host
	}
	host, port := s, ""
	if inner, ok := strings.CutPrefix(s, "["); ok {
		address, after, closed := strings.Cut(inner, "]")
		if !closed || !isIPv6(address) && !ipFuture.MatchString(address) {
			return false
		}
		if host = ""; after != "" && after[0] != ':' {
			return false
		}
		port = strings.TrimPrefix(after, ":")
	} else if name, digits, ok := strings.Cut(s, ":"); ok {
		host, port = name, digits
	}
	return !strings.ContainsAny(host, "[]:") && strings.Trim(port, "0123456789") == ""
}

// uriExpression is what stands between the braces of a URI template (RFC 6570, 2.2 to 2.4).
var uriExpression = regexp.MustCompile(`^[+#./;?&=,!@|]?` + uriVariable + `(?:,` + uriVariable + `)*$`)

const uriVariable = `(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?:\*|:[1-9][0-9]{0,3})?`

func isURITemplate(s string) bool {
	for s != "" {
		literal, rest, open := strings.Cut(s, "{")
		for i, c := range literal {
			if c <= ' ' || c == 0x7f || strings.ContainsRune("\"<>\\^`{|}", c) || c == utf8.RuneError ||
				c == '%' && (i+2 >= len(literal) || !arg.IsHex(literal[i+1]) || !arg.IsHex(literal[i+2])) {
				return false
			}
		}
		if !open {
			return true
		}
		expression, after, closed := strings.Cut(rest, "}")
		if !closed || !uriExpression.MatchString(expression) {
			return false
		}
		s = after
	}
	return true
}
