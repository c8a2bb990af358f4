package scan

import "strings"

// templateText skips the text of a template up to its end or to the next "${".
func (s *scanner) templateText() {
	for s.at < len(s.src) {
		switch s.src[s.at] {
		case '\\':
			s.at += 2
			continue
		case '`':
			s.at++
			s.token(operand)
			return
		case '$':
			if strings.HasPrefix(s.src[s.at:], "${") {
				s.substitution()
				return
			}
		}
		s.at++
	}
	s.at = min(s.at, len(s.src))
}

func (s *scanner) substitution() {
	if s.templates++; s.templates > maxTemplates {
		s.refuse(s.at, "templates are nested more than %d deep", maxTemplates)
		return
	}
	s.at++
	s.prev = operand // not an object literal
	s.push('{')
	if s.problem == nil {
		s.top().template = true
	}
}

// skipString ends behind the closing quote, or at the end of the line: the parser will complain there.
func (s *scanner) skipString(quote byte) {
	for s.at++; s.at < len(s.src); s.at++ {
		switch c := s.src[s.at]; {
		case c == '\\':
			if strings.HasPrefix(s.src[s.at+1:], "\r\n") {
				s.at++
			}
			s.at++
		case c == quote:
			s.at++
			s.token(operand)
			return
		case c == '\n' || c == '\r':
			s.token(operand)
			return
		}
	}
	s.at = len(s.src)
}

func (s *scanner) slash() {
	rest := s.src[s.at+1:]
	switch {
	case strings.HasPrefix(rest, "/"):
		s.skipLine()
		return
	case strings.HasPrefix(rest, "*"):
		end := strings.Index(rest[1:], "*/")
		if end < 0 {
			s.at = len(s.src)
			return
		}
		if strings.ContainsAny(rest[1:1+end], "\n\r\u2028\u2029") {
			s.newline = true
		}
		s.at += end + 4
		return
	}
	if s.prev == doubtful {
		s.doubt()
	}
	if s.prev != operand && s.skipRegExp() {
		s.token(operand)
		return
	}
	s.link(s.at)
	s.at++
	s.token(operator)
}

// doubt refuses a source in which a misread "/" could hide brackets that do harm.
func (s *scanner) doubt() {
	if s.brackets > harmlessBrackets {
		s.refuse(s.at, "a / here may divide or start a regular expression: put parentheses around a / that divides, and check that all brackets close")
	}
}

// skipRegExp skips a regular expression with its flags. It returns false when none ends on this line.
func (s *scanner) skipRegExp() bool {
	class := false
	for i := s.at + 1; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '\n' || c == '\r' || strings.HasPrefix(s.src[i:], "\u2028") || strings.HasPrefix(s.src[i:], "\u2029"):
			s.doubt()
			return false
		case c == '/' && !class:
			s.operand()
			for i++; i < len(s.src) && isNameByte(s.src[i]); i++ {
			}
			s.at = i
			return true
		}
	}
	s.doubt()
	return false
}

func (s *scanner) skipLine() {
	for s.at < len(s.src) {
		c := s.src[s.at]
		if c == '\n' || c == '\r' || strings.HasPrefix(s.src[s.at:], "\u2028") || strings.HasPrefix(s.src[s.at:], "\u2029") {
			return
		}
		s.at++
	}
}
