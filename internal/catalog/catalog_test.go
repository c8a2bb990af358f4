package catalog_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
)

// standardNames are those that the designer offers and apps in the wild refer to.
func standardNames() []string {
	return []string{
		"Logout", "Validate Login", "Validate Token", "ValidateToken1", "_end", "_goroutine", "_js_code", "_js_foreach",
		"_start_form", "_start_http", "form", "if_equals", "if_major", "js_foreach", "js_set_var", "json", "mustache",
		"parser_query_param", "template", "twilio_send_sms", "twilio_validate_sms",
	}
}

func TestModulesAreTheStandardOnes(t *testing.T) {
	t.Parallel()
	var names []string
	for _, m := range catalog.Modules() {
		names = append(names, m.Name)
	}
	if !slices.Equal(names, standardNames()) {
		t.Errorf("modules are %q, want %q", names, standardNames())
	}
}

// manifest is the part of a module's manifest that the designer cannot do without.
type manifest struct {
	Title    string            `json:"title"`
	Icon     *string           `json:"icon"`
	In       *int              `json:"in"`
	Out      *int              `json:"out"`
	BoxColor string            `json:"boxcolor"`
	Param    map[string]string `json:"param"`
}

func TestManifests(t *testing.T) {
	t.Parallel()
	field := regexp.MustCompile(`\sdf-([a-z_]+)`)
	for _, m := range catalog.Modules() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			var got manifest
			if err := json.Unmarshal([]byte(m.Mod), &got); err != nil {
				t.Fatalf("manifest: %v", err)
			}
			if got.Title == "" || got.Icon == nil || got.In == nil || got.Out == nil || got.BoxColor == "" {
				t.Errorf("manifest lacks title, icon, in, out or boxcolor: %s", m.Mod)
			}

			script, hasScript := got.Param["script"]
			switch got.Param["type"] {
			case "starter", "gorutine":
				if hasScript || m.Code != "" {
					t.Errorf("a %s is run by the engine and has neither script nor code", got.Param["type"])
				}
			case "js":
				if _, inline := got.Param["code"]; inline != (m.Code == "") {
					t.Error("a js module has either its own code or a field for inline code")
				}
				if hasScript != (m.Code != "") || hasScript && script != m.Name {
					t.Errorf("script is %q, want the module's own name", script)
				}
			default:
				t.Errorf("unknown type %q", got.Param["type"])
			}

			var fields []string
			for _, match := range field.FindAllStringSubmatch(m.Form, -1) {
				fields = append(fields, match[1])
			}
			for key := range got.Param {
				if key != "type" && key != "script" && !slices.Contains(fields, key) {
					t.Errorf("the form has no df-%s for the parameter", key)
				}
			}
			for _, key := range fields {
				if _, ok := got.Param[key]; !ok {
					t.Errorf("the form has df-%s, which is no parameter", key)
				}
			}
		})
	}
}

// The parameters are part of the contract: stored apps use these keys.
func TestParameters(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"_start_http":         {"method", "nflow_auth", "urlpattern"},
		"_start_form":         {"method", "nflow_auth", "reset_order_box", "urlpattern"},
		"_js_code":            {"code", "nflow_auth"},
		"js_foreach":          {"field", "item_name"},
		"_js_foreach":         {"field", "item_name"},
		"form":                {"html_form", "template"},
		"js_set_var":          {"var_name", "var_value"},
		"if_major":            {"field", "limit"},
		"if_equals":           {"field", "value"},
		"json":                {"field", "http_code"},
		"mustache":            {"nflow_auth", "template"},
		"template":            {"nflow_auth", "template"},
		"Validate Token":      {"token"},
		"twilio_send_sms":     {"variable"},
		"twilio_validate_sms": {"variable"},
	}
	for _, m := range catalog.Modules() {
		var got manifest
		if err := json.Unmarshal([]byte(m.Mod), &got); err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		var keys []string
		for key := range got.Param {
			if key != "type" && key != "script" && key != "name_box" {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		if !slices.Equal(keys, want[m.Name]) {
			t.Errorf("%s has parameters %q, want %q", m.Name, keys, want[m.Name])
		}
	}
}

func TestCodeDefinesMain(t *testing.T) {
	t.Parallel()
	for _, m := range catalog.Modules() {
		if m.Code == "" {
			continue
		}
		checkCode(t, m.Name, m.Code)
	}
}

// checkCode wants code that compiles, defines main and puts no other name among those of the later nodes.
func checkCode(t *testing.T, name, code string) {
	t.Helper()
	prog, err := goja.Compile(name, code, false)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	vm := goja.New()
	before := vm.GlobalObject().GetOwnPropertyNames()
	if _, err := vm.RunProgram(prog); err != nil {
		t.Errorf("%s: the top level fails: %v", name, err)
		return
	}
	added := slices.DeleteFunc(vm.GlobalObject().GetOwnPropertyNames(), func(n string) bool { return slices.Contains(before, n) })
	if !slices.Equal(added, []string{"main"}) {
		t.Errorf("%s declares %q, want only main", name, added)
	}
	if _, ok := goja.AssertFunction(vm.Get("main")); !ok {
		t.Errorf("%s: main is no function", name)
	}
}

func TestTwoNamesOneCode(t *testing.T) {
	t.Parallel()
	code := map[string]string{}
	for _, m := range catalog.Modules() {
		code[m.Name] = m.Code
	}
	for name, original := range map[string]string{"_js_foreach": "js_foreach", "ValidateToken1": "Validate Token"} {
		if code[name] == "" || code[name] != code[original] {
			t.Errorf("%q does not run the code of %q", name, original)
		}
	}
}

func TestModulesBelongToTheCaller(t *testing.T) {
	t.Parallel()
	first := catalog.Modules()
	first[0].Code = "changed"
	if strings.Contains(catalog.Modules()[0].Code, "changed") {
		t.Error("a change to the slice shows in the next one")
	}
}
