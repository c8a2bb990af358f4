package ordered

import "iter"

// Signs yields the signs of a JSON text that stand in no string: braces, brackets, commas and colons. In what is no JSON
// they are found the same way.
func Signs[T ~string | ~[]byte](text T) iter.Seq[byte] {
	return func(yield func(byte) bool) {
		quoted := false
		for i := 0; i < len(text); i++ {
			switch c := text[i]; c {
			case '"':
				quoted = !quoted
			case '\\':
				if quoted {
					i++
				}
			case '{', '}', '[', ']', ',', ':':
				if !quoted && !yield(c) {
					return
				}
			}
		}
	}
}

// Depth returns how deep the objects and lists of a JSON text are in one another.
func Depth[T ~string | ~[]byte](text T) (deepest int) {
	depth := 0
	for c := range Signs(text) {
		switch c {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}
