package scan

import "regexp"

// Parenthesis is where a pair opens and closes: bytes from the start of the source.
type Parenthesis struct{ Open, End int }

// Parentheses returns those of a source, by the places of what stands first in them.
func Parentheses(src string) map[int]Parenthesis {
	s := &scanner{src: src, open: []bracket{{}}, last: ';', parens: map[int]Parenthesis{}}
	s.run()
	return s.parens
}

// parenthesis notes a pair that closes here, where someone wants to know.
func (s *scanner) parenthesis(b bracket) {
	if s.parens != nil && b.char == '(' {
		s.parens[b.at+1+len(blanks.FindString(s.src[b.at+1:]))] = Parenthesis{b.at, s.at}
	}
}

// blanks are blanks, line ends and comments.
var blanks = regexp.MustCompile(`^(?:[\s\v\pZ\x{feff}]|//[^\n\r\x{2028}\x{2029}]*|(?s:/\*.*?\*/))*`)
