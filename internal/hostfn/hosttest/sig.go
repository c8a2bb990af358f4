package hosttest

import (
	"fmt"
	"strings"
)

// Param is a parameter of a function as its signature declares it. Kind names what a test hands it; Keys are those of an
// object of options.
type Param struct {
	Name string  `json:"name"`
	Kind string  `json:"kind"`
	Keys []Param `json:"keys,omitempty"`
}

// ParseSig reads a signature, as in "csv.parse(csv, {header, separator})": the expression that leads to the function, and
// its parameters. A parameter's name says its kind: one that no kind is known of is an error, so that no function is left
// out by who walks over all of them. call is "" where the signature is that of a value.
// What only a callback gets, as in "db.transaction(tx => tx.query(sql, params))", is called in one: call is then a function
// that hands its arguments on.
func ParseSig(sig string) (call string, params []Param, err error) {
	if outer, inner, ok := strings.Cut(sig, " => "); ok && strings.HasSuffix(inner, "))") {
		call, params, err = ParseSig(strings.TrimSuffix(inner, ")"))
		return "((...args) => " + outer + " => " + call + "(...args)))", params, err
	}
	if !strings.HasSuffix(sig, ")") {
		return "", nil, nil
	}
	depth, at := 0, len(sig)
	for at--; at > 0; at-- {
		switch sig[at] {
		case ')', '}':
			depth++
		case '(', '{':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	list, err := paramsOf(sig[at+1 : len(sig)-1])
	return sig[:at], list, err
}

func paramsOf(text string) (params []Param, err error) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		var p Param
		if inner, ok := strings.CutPrefix(text, "{"); ok {
			keys, rest, closed := strings.Cut(inner, "}")
			if !closed {
				return nil, fmt.Errorf("%q has no }", text)
			}
			p = Param{Name: "options", Kind: "options"}
			if p.Keys, err = paramsOf(keys); err != nil {
				return nil, err
			}
			text = strings.TrimPrefix(strings.TrimSpace(rest), ",")
		} else {
			name, rest, _ := strings.Cut(text, ",")
			p.Name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "..."))
			if p.Kind = kindOf(p.Name); p.Kind == "" {
				return nil, fmt.Errorf("no kind is known of parameter %q: add it to kindOf in internal/hostfn/hosttest", p.Name)
			}
			text = rest
		}
		params = append(params, p)
	}
	return params, nil
}

// kinds lists the names of parameters by their kind.
const kinds = `
text: text content signingKey name key field username password wid path method system model baseURL code smtp from subject callback contentType
text: domain aad as issuer kid audience algorithm separator comment newline zone unit encoding host channel provider replyTo secret
text: base64 password cipherKey statusText header to cc bcc template sameSite pattern issuer query expires
number: ms id port status size amount seconds timeout retries temperature max_tokens maxAge leeway indent tolerance
flag: all trim lazy bom formulas declaration secure httpOnly requireExpiry stream
any: value values form format input output args data profile redirect payload date json body expiresIn notBefore attachment
any: fields params json_schema headers attachments key2 multipart partitioned signal
list: rows columns algorithms origins protocols messages tools
data: claims elements
bytes: bytes
fn: fn send onToken
expression: expression rules
source: source html prompt
schema: schema
csv: csv
sql: sql
xml: xml
yaml: yaml
token: token
url: url
`

func kindOf(name string) string {
	for line := range strings.SplitSeq(strings.TrimSpace(kinds), "\n") {
		kind, names, _ := strings.Cut(line, ": ")
		for known := range strings.FieldsSeq(names) {
			if known == name {
				return kind
			}
		}
	}
	return ""
}
