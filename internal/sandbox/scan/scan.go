package scan

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a source may hold. The numbers are far above what people and bundlers write and far below what harms: goja's
// parser and compiler recurse on nesting, and a Go stack that overflows ends the process.
const (
	maxSource     = 2 << 20 // bytes
	maxBrackets   = 256     // nested brackets of all kinds, templates included
	maxTemplates  = 32      // templates inside templates
	maxChain      = 5000    // operators, members and calls in one expression
	maxChainWork  = 1 << 27 // sum of the squares of the chains: goja's compiler is quadratic in them
	maxArrowDepth = 6       // arrow functions inside the parameters of arrow functions: goja tries each twice

	// harmlessBrackets is how many brackets cannot harm however they nest. Above it the reading of "/" must be certain.
	harmlessBrackets = 4096
)

func scanned(src string) *scanner {
	s := &scanner{src: src, open: []bracket{{}}, last: ';'}
	for _, c := range []string{"(", "[", "{"} {
		s.brackets += strings.Count(src, c)
	}
	s.run()
	return s
}

// before is what stood before the token that is read: it decides what "/" and "{" mean.
type before uint8

const (
	operator  before = iota // or the start of a statement: an operand follows, "/" begins a regular expression
	operand                 // "/" divides
	doubtful                // only a parser can tell what "/" does
	arrow                   // "=>": "{" opens a body
	headParen               // ")" of if, for, while, with: a statement follows
	member                  // ".": a name follows, keyword or not
)

// bracket is one open "(", "[", "{" or "${".
type bracket struct {
	char      byte
	head      bool // "(" of if, for, while, with
	object    bool // "{" of an object literal
	body      bool // "{" of a function, class or arrow function: "/" behind it is doubtful
	template  bool // "${"
	questions int  // "?" that wait for their ":"
	chain     int  // length of the expression so far
	arrows    int  // deepest arrow function in parameters, seen inside
	at        int  // where it stands
}

type scanner struct {
	src       string
	at        int
	prev      before
	word      string // the last token, when it was a name
	newline   bool   // a line ended since the last token
	open      []bracket
	templates int
	chainWork int
	last      byte // last character of the last token
	closedAt  int  // arrows inside the parenthesis that just closed
	brackets  int  // opening brackets in all, those in strings included
	problem   *Problem
	module    bool // there are import or export statements
	parens    map[int]Parenthesis
}

func (s *scanner) run() {
	if strings.HasPrefix(s.src, "#!") {
		s.skipLine()
	}
	for s.at < len(s.src) && s.problem == nil {
		c := s.src[s.at]
		switch {
		case c == '\n' || c == '\r':
			s.newline = true
			s.at++
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			s.at++
		case isNameByte(c) || c == '\\':
			s.name()
		case c >= utf8.RuneSelf:
			s.wide()
		case c == '"' || c == '\'':
			s.operand()
			s.skipString(c)
		case c == '`':
			s.operand()
			s.at++
			s.templateText()
		case c == '/':
			s.slash()
		case strings.IndexByte("([{", c) >= 0:
			s.push(c)
		case strings.IndexByte(")]}", c) >= 0:
			s.pop(c)
		default:
			s.punctuation(c)
		}
	}
}

func isNameByte(c byte) bool {
	return c == '_' || c == '$' || c == '#' || c == '@' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// wide reads a character beyond ASCII: a space, the end of a line, or part of a name.
func (s *scanner) wide() {
	r, size := utf8.DecodeRuneInString(s.src[s.at:])
	if !isWideSpace(r) {
		s.name()
		return
	}
	s.newline = s.newline || r == '\u2028' || r == '\u2029'
	s.at += size
}

func (s *scanner) name() {
	start := s.at
	for n := s.nameRune(start); n > 0; n = s.nameRune(start) {
		s.at += n
	}
	word := s.src[start:s.at]
	if s.prev == member {
		s.token(operand)
		return
	}
	switch word {
	case "case":
		s.endExpression()
		s.token(operator)
	case "return", "typeof", "in", "instanceof", "delete", "void", "throw", "new", "else", "do", "extends",
		"if", "while", "for", "with", "try", "finally":
		s.link(start)
		s.token(operator)
	case "of", "yield", "await", "let", "async", "static", "get", "set":
		s.operand()
		s.token(doubtful)
	case "var", "const", "function", "class", "switch", "catch":
		s.operand()
		s.token(operator)
	case "import", "export":
		rest := strings.TrimLeft(s.src[s.at:], " \t\r\n")
		s.module = s.module || len(s.open) == 1 && (word == "export" || !strings.HasPrefix(rest, "(") && !strings.HasPrefix(rest, "."))
		s.operand()
		s.token(operand)
	default:
		s.operand()
		s.token(operand)
	}
	s.word = word
}

// nameRune returns the length of the part of the name or number that stands here, 0 at its end.
func (s *scanner) nameRune(start int) int {
	if s.at == len(s.src) {
		return 0
	}
	switch c := s.src[s.at]; {
	case isNameByte(c):
		return 1
	case c == '\\':
		if strings.HasPrefix(s.src[s.at:], `\u{`) {
			rest := s.src[s.at+3:]
			if end := strings.IndexByte(rest, '}'); end >= 0 && strings.Trim(rest[:end], "0123456789abcdefABCDEF") == "" {
				return end + 4
			}
		}
		return 1
	case c == '.' && '0' <= s.src[start] && s.src[start] <= '9' && !strings.HasPrefix(s.src[s.at:], "..."):
		return 1
	case c >= utf8.RuneSelf:
		if r, n := utf8.DecodeRuneInString(s.src[s.at:]); !isWideSpace(r) {
			return n
		}
	}
	return 0
}

func isWideSpace(r rune) bool {
	return r == '\u2028' || r == '\u2029' || r == '\ufeff' || unicode.Is(unicode.Zs, r)
}

// token notes what was read. Names set s.word after it.
func (s *scanner) token(b before) {
	s.prev, s.word, s.newline = b, "", false
	s.last = s.src[s.at-1]
}

// operand is called where an operand begins. Behind another operand it begins a new statement, which the language
// allows after a line's end.
func (s *scanner) operand() {
	if s.prev == operand || s.prev == headParen {
		if s.newline {
			s.endExpression()
		}
	}
}

func (s *scanner) top() *bracket { return &s.open[len(s.open)-1] }

// link makes the current expression one longer.
func (s *scanner) link(at int) {
	t := s.top()
	if t.chain++; t.chain > maxChain {
		s.refuse(at, "the expression has more than %d operators, members or calls in a row: split it", maxChain)
	}
}

func (s *scanner) endExpression() {
	t := s.top()
	s.chainWork += t.chain * t.chain
	t.chain = 0
	if s.chainWork > maxChainWork {
		s.refuse(s.at, "the source has too many long expressions: split them")
	}
}

func (s *scanner) punctuation(c byte) {
	t, start := s.top(), s.at
	s.at++
	rest := s.src[s.at:]
	switch {
	case c == ';':
		t.questions = 0
		s.endExpression()
		s.token(operator)
	case c == ',':
		s.endExpression()
		s.token(operator)
	case c == '=' && strings.HasPrefix(rest, ">"):
		s.at++
		s.link(start)
		if s.last == ')' {
			t.arrows = max(t.arrows, s.closedAt+1)
			if t.arrows > maxArrowDepth {
				s.refuse(start, "arrow functions are nested more than %d deep in parameters: give them names", maxArrowDepth)
			}
		}
		s.token(arrow)
	case c == '.':
		if strings.HasPrefix(rest, "..") {
			s.at += 2
			s.token(operator)
			return
		}
		s.link(start)
		s.token(member)
	case c == '?' && strings.HasPrefix(rest, ".") && !(len(rest) > 1 && '0' <= rest[1] && rest[1] <= '9'):
		s.at++
		s.link(start)
		s.token(member)
	case (c == '+' || c == '-') && len(rest) > 0 && rest[0] == c:
		s.at++
		s.link(start)
		if s.prev == operand {
			s.token(doubtful)
		} else {
			s.token(operator)
		}
	default:
		if c == '?' && !strings.HasPrefix(rest, "?") {
			t.questions++
		} else if c == '?' {
			s.at++ // "??" is one token
		}
		if c == ':' && t.questions > 0 {
			t.questions--
			s.link(start)
			s.token(operator)
			return
		}
		s.link(start)
		s.token(operator)
		if c == ':' {
			s.word = ":"
		}
	}
}

func (s *scanner) push(c byte) {
	b := bracket{char: c, at: s.at}
	switch c {
	case '(', '[':
		if s.prev == operand || s.prev == doubtful || s.prev == member {
			s.link(s.at)
		}
		b.head = c == '(' && s.prev == operator && (s.word == "if" || s.word == "for" || s.word == "while" || s.word == "with" || s.word == "await")
	case '{':
		b.object = s.opensObject()
		b.body = !b.object && s.prev != operator && s.prev != headParen
	}
	if len(s.open) > maxBrackets {
		s.refuse(s.at, "brackets are nested more than %d deep", maxBrackets)
		return
	}
	s.open = append(s.open, b)
	s.at++
	s.token(operator)
}

// opensObject reports whether a bracket opens an object literal, and no block.
func (s *scanner) opensObject() bool {
	if s.prev == member {
		return true
	}
	if s.prev != operator {
		return false
	}
	switch s.word {
	case "return", "typeof", "case", "in", "instanceof", "delete", "void", "throw", "new", "extends", "var", "const":
		return true
	case ":": // of a label, a case or a property
		return s.top().object
	case "":
		return strings.IndexByte(";{}", s.last) < 0 || s.last == '{' && s.top().template
	}
	return false
}

func (s *scanner) pop(c byte) {
	s.endExpression()
	b := *s.top()
	if len(s.open) == 1 || b.char != pairOf(c) { // a mistake of the author's, which the parser explains better, or of ours
		s.doubt()
		s.at++
		s.token(operand)
		return
	}
	s.open = s.open[:len(s.open)-1]
	s.parenthesis(b)
	s.at++
	s.closedAt = b.arrows
	t := s.top()
	t.arrows = max(t.arrows, b.arrows)
	switch {
	case b.template:
		s.templates--
		s.templateText()
	case c == '}' && b.body:
		s.endStatement()
		s.token(doubtful)
	case c == '}' && !b.object:
		s.endStatement()
		s.token(operator)
	case b.head:
		s.token(headParen)
	default:
		s.token(operand)
	}
}

// endStatement ends the expression behind a block's "}", unless "else if" goes on with it.
func (s *scanner) endStatement() {
	if !strings.HasPrefix(strings.TrimLeft(s.src[s.at:min(len(s.src), s.at+16)], " \t\r\n"), "else") {
		s.endExpression()
	}
}

func pairOf(c byte) byte {
	switch c {
	case ')':
		return '('
	case ']':
		return '['
	}
	return '{'
}
