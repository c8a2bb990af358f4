package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// What an app names is found in each way to load a module, also by way of other modules, and nothing else is.
func TestUsesOfAnApp(t *testing.T) {
	t.Parallel()
	code := `const a = require(\"a\"); import b from 'b'; import ( \"c\" ); export * from \"d\"; import 'e'; xrequire(\"no\"); require \"no\"; from(\"no\"); required(\"no\"); \"no\"; require(no); get_template('page')`
	s := &shared{templates: []store.Template{{Name: "page"}, {Name: "other"}}}
	for _, name := range []string{"a", "b", "c", "d", "e", "no", "s", "inner", "innermost"} {
		m := store.Module{Name: name, Code: "export const x = 1"}
		switch name {
		case "a":
			m.Code = "const i = require ( `inner` )"
		case "inner":
			m.Code = "import x\nfrom\n\"innermost\""
		}
		s.modules = append(s.modules, m)
	}
	u := s.usesOf(store.App{JSON: []byte(`{"drawflow":{"x":{"data":{"1":{"data":{"type":"js","script":"s","code":"` + code + `"}}}}}}`)})
	var names []string
	for _, m := range s.modules {
		if u.modules[m.Name] {
			names = append(names, m.Name)
		}
	}
	if want := []string{"a", "b", "c", "d", "e", "s", "inner", "innermost"}; !slices.Equal(names, want) {
		t.Errorf("modules %v, want %v", names, want)
	}
	if !u.templates["page"] || u.templates["other"] {
		t.Error(u.templates)
	}
}

// An import holds the database while it looks for names: that takes as long as the app is large, not times its modules.
func TestUsesOfALargeAppWithManyModules(t *testing.T) {
	t.Parallel()
	s := &shared{}
	for i := range 500 {
		s.modules = append(s.modules, store.Module{Name: fmt.Sprintf("module%d", i), Code: "exports.x = 1"})
	}
	begun := time.Now()
	u := s.usesOf(store.App{JSON: []byte(`{"code":"` + strings.Repeat("import x from imports; require(y); ", 100_000) + `require('module7')"}`)})
	if took := time.Since(begun); took > 30*time.Second || !u.modules["module7"] || u.modules["module8"] {
		t.Error(took, len(u.modules))
	}
}
