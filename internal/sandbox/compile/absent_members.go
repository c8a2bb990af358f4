package compile

import (
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
)

// made says what a name stands for in a source. One that stands for several things is none of them.
type made int

const (
	madeOther    made = iota + 1
	madeBuffer        // by new ArrayBuffer
	madeFunction      // by its declaration
)

// held is a member of a name, which stands for what the source makes of it elsewhere.
type held struct {
	of, member string
	at         file.Idx
}

// makes notes what a value makes of the names of a target.
func (s *seeker) makes(target, value ast.Expression) {
	kind := madeOther
	if _, ok := target.(*ast.Identifier); ok {
		switch v := value.(type) {
		case *ast.NewExpression:
			if isBuffer(v) {
				kind = madeBuffer
			}
		case *ast.FunctionLiteral:
			kind = madeFunction
		}
	}
	for _, name := range boundNames(target) {
		if before := s.made[name]; before != 0 && before != kind {
			kind = madeOther
		}
		s.made[name] = kind
	}
}

func isBuffer(e ast.Expression) bool {
	n, ok := e.(*ast.NewExpression)
	if !ok {
		return false
	}
	callee, ok := n.Callee.(*ast.Identifier)
	return ok && callee.Name == "ArrayBuffer"
}

// grows notes new ArrayBuffer(size, {maxByteLength: …}).
func (s *seeker) grows(n *ast.NewExpression) {
	if !isBuffer(n) || len(n.ArgumentList) < 2 {
		return
	}
	if o, ok := n.ArgumentList[1].(*ast.ObjectLiteral); ok {
		for _, p := range o.Value {
			switch p := p.(type) {
			case *ast.PropertyShort:
				if p.Name.Name == "maxByteLength" {
					s.use("ArrayBuffer.maxByteLength", p.Name.Idx)
				}
			case *ast.PropertyKeyed:
				if name, ok := literalText(p.Key); ok && name == "maxByteLength" {
					s.use("ArrayBuffer.maxByteLength", p.Key.Idx0())
				}
			}
		}
	}
}

// holds notes x.name for members, and arguments.callee in strict code, which throws wherever it is read. It reports whether
// reading the member does not ask for it.
func (s *seeker) holds(x *ast.DotExpression, name string) bool {
	of, isName := x.Left.(*ast.Identifier)
	switch {
	case name == "resize" && isBuffer(x.Left):
		s.use("ArrayBuffer.resize", x.Identifier.Idx)
	case !isName:
		return false
	case name == "resize" && s.called[x], name == "caller", name == "arguments":
		s.held = append(s.held, held{of.Name.String(), name, x.Identifier.Idx})
	case name == "callee" && of.Name == "arguments":
		if s.strict {
			s.use("arguments.callee", x.Identifier.Idx)
		}
	default:
		return false
	}
	return true
}

// members finds the members of what the source makes itself, once all of it is known.
func (s *seeker) members() {
	for _, h := range s.held {
		switch kind := s.made[h.of]; {
		case kind == madeBuffer && h.member == "resize":
			s.use("ArrayBuffer.resize", h.at)
		case kind == madeFunction && h.member != "resize" && !s.own[h.of+"."+h.member]:
			s.use("function."+h.member, h.at)
		}
	}
}
