package codec

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The library lets lines of quoted texts and of flow collections stand as far out as the block that holds them, and empty
// lines before a block scalar be longer than its indentation. YAML 1.2 refuses both (6.1, 8.1.1.1).

// yamlLines looks at the indentation of a text that the library has read.
type yamlLines struct {
	text   string
	starts []int // of the lines
}

// checkIndents returns the first fault in the indentation of a document. Where it is not sure it returns nil.
func (l *yamlLines) checkIndents(n *yaml.Node, indent int) error {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	switch {
	case n.Kind == yaml.DocumentNode:
		for _, item := range n.Content {
			if err := l.checkIndents(item, indent); err != nil {
				return err
			}
		}
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return l.block(n, indent)
	case n.Kind == yaml.ScalarNode && n.Style&quoted == 0, n.Kind == yaml.AliasNode:
	case n.Kind == yaml.ScalarNode, n.Style&yaml.FlowStyle != 0:
		if indent >= 0 { // a document's own node may stand anywhere
			return l.flow(n, indent)
		}
	default:
		if n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 { // else it begins with these, wherever they stand
			indent = n.Column - 1
		}
		for _, item := range n.Content {
			if err := l.checkIndents(item, indent); err != nil {
				return err
			}
		}
	}
	return nil
}

// at returns where a node begins in the text, behind its anchor and tag; "" where it is none of these characters.
func (l *yamlLines) at(n *yaml.Node, first string) string {
	if l.starts == nil {
		l.starts = append(l.starts, 0)
		for i := range len(l.text) {
			if l.text[i] == '\n' || l.text[i] == '\r' && !strings.HasPrefix(l.text[i+1:], "\n") {
				l.starts = append(l.starts, i+1)
			}
		}
	}
	if n.Line < 1 || n.Line > len(l.starts) {
		return ""
	}
	rest := l.text[l.starts[n.Line-1]:]
	column := 1
	for i := range rest {
		if column == n.Column {
			rest = rest[i:]
			break
		}
		column++
	}
	for strings.HasPrefix(rest, "&") || strings.HasPrefix(rest, "!") {
		rest = rest[max(1, strings.IndexAny(rest, " \t\r\n")):]
		rest = strings.TrimLeft(rest, " \t\r\n")
	}
	if rest == "" || strings.IndexByte(first, rest[0]) < 0 {
		return ""
	}
	return rest
}

// flow checks a quoted text or a flow collection: each line of it stands further in than indent, but for one that closes it.
func (l *yamlLines) flow(n *yaml.Node, indent int) error {
	rest := l.at(n, `[{"'`)
	depth, plain, spaced := 0, false, false // inside of a plain text; behind a blank
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		blank := c == ' ' || c == '\t' || c == '\r' || c == '\n'
		switch {
		case c == '\n' || c == '\r':
			if outside(rest[i+1:], indent, "#]}") {
				return l.tooFarOut(n)
			}
		case blank:
		case c == '#' && spaced:
			i += max(0, strings.IndexAny(rest[i:], "\r\n")-1)
		case c == '[' || c == '{':
			depth++
			plain = false
		case c == ']' || c == '}':
			depth--
			plain = false
		case c == ',' || c == ':' && (i+1 == len(rest) || strings.IndexByte(" \t\r\n,[]{}\"'", rest[i+1]) >= 0):
			plain = false
		case plain:
		case c == '"' || c == '\'':
			end := quoteEnd(rest[i:])
			for from := i; ; {
				br := strings.IndexAny(rest[from:i+end], "\r\n")
				if br < 0 {
					break
				}
				if from += br + 1; outside(rest[from:], indent, "") {
					return l.tooFarOut(n)
				}
			}
			i += end - 1
		default:
			plain = c != '?' || i+1 < len(rest) && rest[i+1] != ' '
			if c == '&' || c == '!' || c == '*' {
				plain = false
				i += max(0, strings.IndexAny(rest[i:], " \t\r\n,[]{}")-1)
			}
		}
		if spaced = blank; depth == 0 && !blank {
			return nil
		}
	}
	return nil
}

// quoteEnd returns how long the quoted text is that a text begins with.
func quoteEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[0] == '"' && s[i] == '\\':
			i++
		case s[i] == s[0] && s[0] == '\'' && strings.HasPrefix(s[i+1:], "'"):
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// outside reports whether a line stands no further in than indent. Empty ones do not count, nor those that begin with one of
// these characters.
func outside(line string, indent int, free string) bool {
	spaces := len(line) - len(strings.TrimLeft(line, " "))
	if spaces > indent {
		return false
	}
	text := strings.TrimLeft(line, " \t")
	return text != "" && text[0] != '\r' && text[0] != '\n' && strings.IndexByte(free, text[0]) < 0
}

func (l *yamlLines) tooFarOut(n *yaml.Node) error {
	return fmt.Errorf("line %d: a line of what begins here stands no further in than what holds it", n.Line)
}

// block checks the empty lines before the text of a block scalar.
func (l *yamlLines) block(n *yaml.Node, indent int) error {
	head, rest, _ := strings.Cut(l.at(n, "|>"), "\n")
	head, _, _ = strings.Cut(head, "#")
	if indent < 0 || strings.ContainsAny(head, "123456789") {
		return nil
	}
	longest := 0
	for line := range strings.Lines(rest) {
		text := strings.TrimLeft(line, " ")
		spaces := len(line) - len(text)
		if strings.Trim(text, "\r\n") == "" {
			longest = max(longest, spaces)
			continue
		}
		if spaces > indent && longest > spaces {
			return fmt.Errorf("line %d: an empty line before the text of this block is longer than its indentation", n.Line)
		}
		break
	}
	return nil
}
