package admin

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/tidwall/gjson"
)

// shape is what OpenAPI 3.1 says of the objects that the document uses: their fields, which of them are required, and the
// forms of their values. Names that the standard does not know are refused. What is below schema is JSON Schema 2020-12.
const shape = `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/$defs/document", "$defs": {
	"document": {"type": "object", "required": ["openapi", "info", "paths"], "additionalProperties": false, "properties": {
		"openapi": {"type": "string", "pattern": "^3\\.1\\.\\d+$"}, "info": {"$ref": "#/$defs/info"}, "jsonSchemaDialect": {"type": "string", "format": "uri"},
		"servers": {"type": "array", "items": {"$ref": "#/$defs/server"}},
		"paths": {"type": "object", "additionalProperties": false, "patternProperties": {"^/": {"$ref": "#/$defs/path"}}},
		"components": {"$ref": "#/$defs/components"}, "security": {"$ref": "#/$defs/security"}, "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}}}},
	"info": {"type": "object", "required": ["title", "version"], "additionalProperties": false, "properties": {
		"title": {"type": "string"}, "version": {"type": "string"}, "summary": {"type": "string"}, "description": {"type": "string"},
		"license": {"type": "object", "required": ["name"], "additionalProperties": false, "not": {"required": ["identifier", "url"]}, "properties": {
			"name": {"type": "string"}, "identifier": {"type": "string"}, "url": {"type": "string", "format": "uri"}}}}},
	"server": {"type": "object", "required": ["url"], "additionalProperties": false, "properties": {"url": {"type": "string"}, "description": {"type": "string"}}},
	"tag": {"type": "object", "required": ["name"], "additionalProperties": false, "properties": {"name": {"type": "string"}, "description": {"type": "string"}}},
	"path": {"type": "object", "additionalProperties": false, "properties": {
		"summary": {"type": "string"}, "description": {"type": "string"}, "parameters": {"$ref": "#/$defs/parameters"}},
		"patternProperties": {"^(get|put|post|delete|options|head|patch|trace)$": {"$ref": "#/$defs/operation"}}},
	"operation": {"type": "object", "required": ["operationId", "summary", "responses"], "additionalProperties": false, "properties": {
		"tags": {"type": "array", "items": {"type": "string"}}, "summary": {"type": "string", "minLength": 1}, "description": {"type": "string"},
		"operationId": {"type": "string", "minLength": 1}, "parameters": {"$ref": "#/$defs/parameters"}, "security": {"$ref": "#/$defs/security"},
		"deprecated": {"type": "boolean"}, "responses": {"type": "object", "minProperties": 1, "additionalProperties": false,
			"patternProperties": {"^([1-5](\\d\\d|XX)|default)$": {"$ref": "#/$defs/response"}}}}},
	"parameters": {"type": "array", "uniqueItems": true, "items": {"type": "object", "required": ["name", "in", "schema"], "additionalProperties": false, "properties": {
		"name": {"type": "string"}, "in": {"enum": ["query", "header", "path", "cookie"]}, "description": {"type": "string"}, "required": {"type": "boolean"},
		"schema": {"$ref": "#/$defs/schema"}}, "if": {"properties": {"in": {"const": "path"}}}, "then": {"required": ["required"], "properties": {"required": {"const": true}}}}},
	"response": {"type": "object", "required": ["description"], "additionalProperties": false, "properties": {
		"description": {"type": "string", "minLength": 1}, "content": {"type": "object", "propertyNames": {"pattern": "^[a-z]+/[a-z.+-]+$"}, "additionalProperties": {
			"type": "object", "required": ["schema"], "additionalProperties": false, "properties": {"schema": {"$ref": "#/$defs/schema"}}}}}},
	"components": {"type": "object", "additionalProperties": false, "properties": {
		"schemas": {"type": "object", "propertyNames": {"pattern": "^[a-zA-Z0-9._-]+$"}, "additionalProperties": {"$ref": "#/$defs/schema"}},
		"securitySchemes": {"type": "object", "propertyNames": {"pattern": "^[a-zA-Z0-9._-]+$"}, "additionalProperties": {
			"type": "object", "required": ["type", "scheme"], "additionalProperties": false, "properties": {
				"type": {"const": "http"}, "scheme": {"enum": ["bearer", "basic"]}, "description": {"type": "string"}, "bearerFormat": {"type": "string"}}}}}},
	"security": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}},
	"schema": {"$ref": "https://json-schema.org/draft/2020-12/schema"}
}}`

// TestDocumentIsOpenAPI checks the document against what the standard says of its form.
func TestDocumentIsOpenAPI(t *testing.T) {
	t.Parallel()
	read := func(text string) any {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("shape.json", read(shape)); err != nil {
		t.Fatal(err)
	}
	schema := c.MustCompile("shape.json")
	if err := schema.Validate(read(string(document))); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]string{
		"version": `{"openapi":"3.0.0","info":{"title":"a","version":"1"},"paths":{}}`, "no info": `{"openapi":"3.1.0","paths":{}}`,
		"path":      `{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{"a":{}}}`,
		"operation": `{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{"/a":{"get":{}}}}`,
		"schema":    `{"openapi":"3.1.0","info":{"title":"a","version":"1"},"paths":{},"components":{"schemas":{"A":{"type":"text"}}}}`,
	} {
		if schema.Validate(read(bad)) == nil {
			t.Errorf("a document with a bad %s passes", name)
		}
	}
}

// TestDocumentAndHandlers holds the document against itself and the handlers: all that is answered is described and the
// other way round, and what a part of the document names is there.
func TestDocumentAndHandlers(t *testing.T) {
	t.Parallel()
	doc := gjson.ParseBytes(document)
	described, ids := map[string]bool{}, map[string]bool{}
	doc.Get("paths").ForEach(func(path, item gjson.Result) bool {
		var wanted, named []string
		for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path.Str, -1) {
			wanted = append(wanted, m[1])
		}
		for _, p := range item.Get("parameters").Array() {
			named = append(named, p.Get("name").Str)
		}
		if !slices.Equal(wanted, named) {
			t.Errorf("%s has parameters %v", path, named)
		}
		item.ForEach(func(method, operation gjson.Result) bool {
			if method.Str == "parameters" {
				return true
			}
			described[strings.ToUpper(method.Str)+" "+path.Str] = true
			if id := operation.Get("operationId").Str; ids[id] {
				t.Errorf("operationId %s is used twice", id)
			} else {
				ids[id] = true
			}
			return true
		})
		return true
	})
	answered := map[string]bool{"GET /openapi.json": true} // by New itself, to everybody
	for path, methods := range (&API{}).endpoints() {
		for method := range methods {
			if path != "/{$}" { // where to continue
				answered[method+" "+path] = true
			}
		}
	}
	if a, d := slices.Sorted(maps.Keys(answered)), slices.Sorted(maps.Keys(described)); !slices.Equal(a, d) {
		t.Errorf("answered  %v\ndescribed %v", a, d)
	}
	for _, ref := range regexp.MustCompile(`"\$ref":\s*"#/([^"]+)"`).FindAllStringSubmatch(string(document), -1) {
		if !doc.Get(strings.ReplaceAll(ref[1], "/", ".")).IsObject() {
			t.Errorf("#/%s is not there", ref[1])
		}
	}
	for _, list := range append(doc.Get("paths.@values.#.@values.#.security|@flatten|@flatten").Array(), doc.Get("security").Array()...) {
		for name := range list.Map() {
			if !doc.Get("components.securitySchemes." + name).IsObject() {
				t.Errorf("security scheme %s is not there", name)
			}
		}
	}
}
