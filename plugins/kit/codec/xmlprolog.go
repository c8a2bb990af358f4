package codec

import (
	"encoding/xml"
	"regexp"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// declaration is what stands in <?xml … ?> (XML 1.0, 2.8).
var declaration = regexp.MustCompile(`^version\s*=\s*(?:"1\.\d+"|'1\.\d+')` +
	`(?:\s+encoding\s*=\s*(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?` +
	`(?:\s+standalone\s*=\s*(?:"(?:yes|no)"|'(?:yes|no)'))?\s*$`)

// documentType is what stands in <!DOCTYPE …> without an internal subset (XML 1.0, 2.8). The file that it may name is never read.
var documentType = regexp.MustCompile(`^DOCTYPE[ \t\r\n]+([^ \t\r\n"'\[]+)(?:[ \t\r\n]+` +
	`(?:SYSTEM|PUBLIC[ \t\r\n]+(?:"[ \r\na-zA-Z0-9'()+,./:=?;!*#@$_%-]*"|'[ \r\na-zA-Z0-9()+,./:=?;!*#@$_%-]*'))` +
	`[ \t\r\n]+(?:"[^"]*"|'[^']*'))?[ \t\r\n]*$`)

// halfCharacter is a reference to half a surrogate pair, which the library reads as U+FFFD.
var halfCharacter = regexp.MustCompile(`&#(?:x0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*(?:5529[6-9]|55[3-9]\d\d|56\d\d\d|57[0-2]\d\d|573[0-3]\d|5734[0-3]));`)

// aside checks a comment, or a processing instruction that begins at an offset of the document.
func aside(token xml.Token, at int64) error {
	text, _ := token.(xml.Comment)
	if t, ok := token.(xml.ProcInst); ok {
		if strings.EqualFold(t.Target, "xml") && (t.Target != "xml" || at != 0 || !declaration.Match(t.Inst)) {
			return fault.New(fault.Script, `the declaration must be <?xml version="1.0" encoding="…"?>, and nothing may stand before it`)
		}
		text = t.Inst
	}
	if c, found := hostfn.NotXML(string(text)); found {
		return fault.New(fault.Script, "XML cannot hold the character U+%04X", c)
	}
	return nil
}

// text takes text that begins at an offset of the document. Outside of the root element there may only be blanks, neither
// escaped nor in a CDATA section.
func (p *xmlParser) text(e *element, text xml.CharData, outside bool, at int64) error {
	if outside && strings.Trim(p.source[at:p.in.InputOffset()], " \t\r\n") != "" {
		return fault.New(fault.Script, "there is text outside of the root element")
	}
	if err := p.count.R.Charge(1, 2*int64(len(text))); err != nil {
		return err
	}
	if p.marker == 0 {
		e.text.Write(text)
	} else {
		e.text.WriteString(uncarryName(string(text), p.marker))
	}
	return nil
}
