package sqldb

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

const (
	maxStatement  = 1 << 20 // bytes of one statement
	maxParameters = 32766   // what every database takes
)

// syntax is what differs in the lexical rules of the databases. PostgreSQL takes $1 itself; the others take ?.
type syntax struct {
	dollarQuotes   bool // $tag$text$tag$, E'text' with backslashes
	nestedComments bool
	backslashes    bool // in every string
	hashComments   bool
	codeComments   bool // /*! code */, which only some versions run: refused
	spacedDashes   bool // -- is a comment only before a space
	brackets       bool // [name]
	question       bool // parameters become ?
	split          bool // the driver runs several statements: they are refused here, not by the server
	noNaN          bool // NaN becomes NULL or 0
	noInfinity     bool // so do infinities
}

// statement is one SQL statement as its database takes it.
type statement struct {
	text   string
	verb   string  // its first word, in upper case; "(" for a parenthesis, "" for no statement at all
	second string  // the word after it
	to     bool    // TO is among its first words, as in ROLLBACK TO
	used   []int   // the numbers of the parameters as they come
	order  []int   // the number of the parameter that each ? stands for, from 1; nil where the database takes $1
	tokens int     // words, parameters and signs, but commas and parentheses
	count  int     // the highest number of a parameter
	rest   bool    // another statement follows
	lists  []place // parameters that are elements of an IN (…)
	into   bool    // INTO is among its words
	odd    bool    // it calls what may leave something behind in a MySQL session, or names a variable
	exec   bool    // the caller wants no rows
}

// parse reads a statement: it finds $1, $2 … outside of strings, quoted names and comments.
func (s syntax) parse(sql string) (statement, error) {
	if len(sql) > maxStatement {
		return statement{}, fault.New(fault.Script, "the SQL statement is longer than %d bytes", maxStatement)
	}
	l := lexer{syntax: s, in: sql}
	for l.at < len(sql) {
		if err := l.next(); err != nil {
			return statement{}, err
		}
	}
	st := l.statement
	st.text = sql
	if s.question {
		l.out.WriteString(sql[l.copied:])
		st.text = l.out.String()
	}
	if st.verb == "" {
		return st, fault.New(fault.Script, "the SQL statement is empty")
	}
	return st, nil
}

// firstWords is how many words say what kind of statement it is.
const firstWords = 3

// lexer walks through a statement.
type lexer struct {
	syntax
	statement
	in     string
	at     int
	out    strings.Builder
	copied int // how much of in is in out

	seen    int // how many words there were, up to firstWords
	last    string
	depth   int  // of parentheses
	list    int  // the depth inside an IN (…), 0 for outside
	afterIn bool // the last token was IN
	not     bool // and NOT stood before it
	trigger bool // in the body of CREATE TRIGGER, whose statements end with semicolons
	fresh   bool // the last token was a semicolon
	end     bool // the last token was END, the one before it a semicolon
	ended   bool // a semicolon has ended the statement
}

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.in[l.at:], prefix) }

// next takes one token.
func (l *lexer) next() error {
	c := l.in[l.at]
	switch {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
		l.at++
		return nil
	case l.has("--") && (!l.spacedDashes || l.at+2 == len(l.in) || l.in[l.at+2] <= ' '), c == '#' && l.hashComments:
		l.line()
		return nil
	case l.codeComments && (l.has("/*!") || l.has("/*M!")):
		return fault.New(fault.Script, "the SQL statement has a comment that is code (/*! … */): write it out")
	case l.has("/*"):
		l.comment()
		return nil
	case c == ';':
		l.semicolon()
		return nil
	}
	l.rest = l.rest || l.ended
	if c != ',' && c != '(' && c != ')' {
		l.tokens++
	}
	return l.token(c)
}

// token takes what is neither space nor comment nor semicolon.
func (l *lexer) token(c byte) error {
	fresh, afterIn := l.fresh, l.afterIn
	l.end, l.fresh, l.afterIn = false, false, false
	l.nest(c, afterIn)
	switch {
	case c == '\'' || c == '"':
		l.first("'")
		l.quoted(c, l.backslashes)
	case c == '`':
		l.first("`")
		l.quoted(c, false)
		l.called("`")
	case c == '[' && l.brackets:
		l.first("[")
		l.quoted(']', false)
	case c == '$':
		l.first("$")
		return l.dollar()
	case wordByte(c):
		l.word(fresh)
	case c == '?' && l.question:
		return fault.New(fault.Script, "the SQL statement has a ?: parameters are written $1, $2 … here")
	default:
		l.first(string(c))
		l.odd = l.odd || c == '@'
		l.at++
	}
	return nil
}

// nest counts parentheses, and notes when those of an IN begin and end.
func (l *lexer) nest(c byte, afterIn bool) {
	switch c {
	case '(':
		if l.depth++; afterIn {
			l.list = l.depth
		}
	case ')':
		if l.depth == l.list {
			l.list = 0
		}
		l.depth--
	}
}

// first notes what a statement begins with when that is no word.
func (l *lexer) first(sign string) {
	if l.seen == 0 {
		l.verb, l.seen = sign, firstWords
	}
}

// word takes a word or a number. What follows may be a string with a prefix, as in E'a\'b'.
func (l *lexer) word(fresh bool) {
	start := l.at
	for l.at < len(l.in) && (wordByte(l.in[l.at]) || l.in[l.at] == '$') {
		l.at++
	}
	word := strings.ToUpper(l.in[start:l.at])
	if l.dollarQuotes && word == "E" && l.has("'") {
		l.first("'")
		l.quoted('\'', true)
		return
	}
	l.end = fresh && word == "END"
	before := l.last
	l.called(word)
	switch word {
	case "IN":
		l.afterIn, l.not = true, before == "NOT"
	case "SELECT", "WITH", "VALUES", "TABLE":
		l.list = 0
	}
	if l.seen == firstWords {
		return
	}
	l.seen++
	switch l.seen {
	case 1:
		l.verb = word
	case 2:
		l.second = word
	}
	l.to = l.to || word == "TO"
	if l.verb == "CREATE" && word == "TRIGGER" {
		l.trigger = true
	}
}

// called notes a word or a quoted name that may be the name of a function. Behind INTO it is a table's.
func (l *lexer) called(word string) {
	next := byte(0)
	if rest := strings.TrimLeft(l.in[l.at:], " \t\r\n"); rest != "" {
		next = rest[0]
	}
	table := l.last == "INTO"
	if l.into = l.into || word == "INTO"; table && next == '.' {
		return
	}
	if l.last = word; next == '(' || next == '/' || next == '-' || next == '#' { // maybe a comment between the two
		l.odd = l.odd || !table && !isPlain(word)
	}
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= utf8.RuneSelf
}

// semicolon ends the statement; inside the body of a trigger only the one after END does.
func (l *lexer) semicolon() {
	if l.seen > 0 && (!l.trigger || l.end) {
		l.ended = true
	}
	l.end, l.fresh = false, true
	l.at++
}

// quoted takes a string or a name up to its closing quote; a doubled quote is part of it.
func (l *lexer) quoted(closing byte, backslashes bool) {
	for l.at++; l.at < len(l.in); l.at++ {
		switch c := l.in[l.at]; {
		case c == '\\' && backslashes:
			l.at++
		case c == closing:
			if closing != ']' && l.at+1 < len(l.in) && l.in[l.at+1] == closing {
				l.at++
				continue
			}
			l.at++
			return
		}
	}
	l.at = len(l.in)
}

func (l *lexer) line() {
	if i := strings.IndexByte(l.in[l.at:], '\n'); i >= 0 {
		l.at += i + 1
		return
	}
	l.at = len(l.in)
}

func (l *lexer) comment() {
	depth := 0
	for l.at < len(l.in) {
		switch {
		case l.has("/*") && (depth == 0 || l.nestedComments):
			depth++
			l.at += 2
		case l.has("*/"):
			depth--
			l.at += 2
		default:
			l.at++
		}
		if depth == 0 {
			return
		}
	}
}

func (l *lexer) digits() string {
	start := l.at
	for l.at < len(l.in) && l.in[l.at] >= '0' && l.in[l.at] <= '9' {
		l.at++
	}
	return l.in[start:l.at]
}

// dollar takes a parameter, a dollar-quoted string, or a lone $.
func (l *lexer) dollar() error {
	start := l.at
	l.at++
	if number := l.digits(); number != "" {
		n, err := strconv.Atoi(number)
		if err != nil || n == 0 || n > maxParameters {
			return fault.New(fault.Script, "the SQL statement has the parameter $%.20s: they are numbered from $1 to $%d", number, maxParameters)
		}
		l.count = max(l.count, n)
		l.used = append(l.used, n)
		if l.list > 0 && l.depth == l.list {
			l.lists = append(l.lists, place{start, l.at, n, l.not})
		}
		if l.question {
			l.order = append(l.order, n)
			l.out.WriteString(l.in[l.copied:start])
			l.out.WriteByte('?')
			l.copied = l.at
		}
		return nil
	}
	if !l.dollarQuotes {
		return nil
	}
	for l.at < len(l.in) && wordByte(l.in[l.at]) {
		l.at++
	}
	if !l.has("$") {
		return nil
	}
	l.at++
	tag := l.in[start:l.at]
	if i := strings.Index(l.in[l.at:], tag); i >= 0 {
		l.at += i + len(tag)
	} else {
		l.at = len(l.in)
	}
	return nil
}
