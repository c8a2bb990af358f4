package jsapi

import (
	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// contextRows: c, the request and its response, with the methods of an Echo context.
func (a *api) contextRows() []hostfn.Row {
	bind := func(r *hostfn.Run) goja.Value { return a.scope(r).view(a.context) }
	return []hostfn.Row{
		{
			Name: "c", Sig: "c", Calls: contextCalls("c"), Doc: "The request and its response. Responses: JSON, JSONPretty, JSONP, JSONBlob, String, HTML, HTMLBlob, XML, XMLPretty, " +
				"XMLBlob, Blob, Stream, File, Attachment, Inline, NoContent, Redirect, Error; only the first is sent. In pieces: Write(text), Flush(), " +
				"SSE(send => …), WebSocket(ws => …, {origins, protocols}) with ws.receive(), which is text, a Uint8Array, or null at the end, ws.send(text, bytes or data) and ws.protocol; after the end ws.code and ws.reason, by RFC 6455; a request that is no upgrade, or comes from another site, throws an error with its status; a message has at most 1 MiB, a longer one closes with 1009, text or a reason that is not UTF-8 with 1007, what breaks the protocol with 1002. Request: Request(), Response(), " +
				"IsTLS, IsWebSocket, Scheme, RealIP, Path, Param, ParamNames, ParamValues, QueryParam, QueryParams, QueryString, FormValue, " +
				"FormParams, FormFile, MultipartForm, Cookie, Cookies, SetCookie, Get, Set (plain data is shared with the Go program around the flows), Bind, Body (a Uint8Array), BodyText, GetHeader, SetHeader. " +
				"c.Error(status, message) answers an error, from 400 to 599, as JSON or as a page for browsers; so does what a node throws that has both: " +
				"throw {status: 404, message: \"there is no such order\"}. A number of JSON beyond 2^53 becomes the nearest that JavaScript has: BodyText keeps its digits.",
			Example: `c.JSON(200, { hello: c.QueryParam("name") || "world" })`, Bind: bind,
		},
		{
			Name: "echo_context", Sig: "echo_context", Calls: contextCalls("echo_context"), Doc: "The same as c.",
			Example: `echo_context.String(200, "hello")`, Bind: bind,
		},
	}
}

// contextCalls are the signatures of c, and of what its functions return.
func contextCalls(c string) (calls []string) {
	for _, sig := range []string{
		"JSON(status, value)", "JSONPretty(status, value, indent)", "JSONP(status, callback, value)", "JSONBlob(status, bytes)",
		"String(status, content)", "HTML(status, content)", "HTMLBlob(status, bytes)", "XML(status, value)", "XMLPretty(status, value, indent)",
		"XMLBlob(status, bytes)", "Blob(status, contentType, bytes)", "Stream(status, contentType, bytes)", "NoContent(status)",
		"Redirect(redirect, url)", "Error(value)", "Error(status, text)", "File(path)", "Attachment(path, text)", "Inline(path, text)",
		"SetHeader(header, text)", `SetCookie({name, value, path, domain, maxAge, expires, secure, httpOnly, sameSite, partitioned})`,
		"FormFile(name)", "MultipartForm()", "Write(bytes)", "Flush()", "SSE(send)", "WebSocket(fn, {origins, protocols})",
		"Request()", "Response()", "IsTLS()", "IsWebSocket()", "Scheme()", "RealIP()", "Path()", "QueryString()", "QueryParams()",
		"QueryParam(name)", "Param(name)", "ParamNames()", "ParamValues()", "FormValue(name)", "FormParams()", "Cookie(name)", "Cookies()",
		"GetHeader(name)", "Bind()", "Body()", "BodyText()", "Get(key)", "Set(key, value)",
		"Request().UserAgent()", "Request().Referer()", "Request().FormValue(name)", "Request().Cookie(name)", "Request().Cookies()",
		"Request().URL.EscapedPath()", "Request().URL.String()", "Request().URL.Query()", "Response().Header()",
		"Response().Header().Set(header, text)", "Response().Header().Add(header, text)", "Response().Header().Get(name)",
		"FormFile(name).text()", "FormFile(name).bytes()", "Request().text()", "Request().bytes()", "Request().json()", "Request().headers.get(name)",
		"Request().headers.has(name)", "SSE(emit => emit(value))", "WebSocket(ws => ws.send(value))", "WebSocket(ws => ws.receive())",
		"Response().Header().Values(name)", "Response().Header().Del(name)",
	} {
		calls = append(calls, c+"."+sig)
	}
	return calls
}

// contextMembers: what c has.
func contextMembers(calls map[string]*hostfn.Signature) *members {
	return newMembers(calls, "c", answerMembers(), fileAnswerMembers(), outHeaderMembers(), uploadMembers(), streamMembers(), inMembers())
}

// inMembers: the members of c about the request.
func inMembers() map[string]member {
	told := func(f func(echo.Context) any) member {
		return method(func(s *scope, _ goja.FunctionCall) goja.Value { return s.ToJS(f(s.ex.Context())) })
	}
	return map[string]member{
		"Request":     method(func(s *scope, _ goja.FunctionCall) goja.Value { return s.view(s.api.request) }),
		"Response":    method(func(s *scope, _ goja.FunctionCall) goja.Value { return s.view(s.api.response) }),
		"IsTLS":       told(func(c echo.Context) any { return c.IsTLS() }),
		"IsWebSocket": told(func(c echo.Context) any { return c.IsWebSocket() }),
		"Scheme":      told(func(c echo.Context) any { return c.Scheme() }),
		"RealIP":      told(func(c echo.Context) any { return c.RealIP() }),
		"Path":        told(func(c echo.Context) any { return c.Path() }),
		"QueryString": told(func(c echo.Context) any { return c.QueryString() }),
		"QueryParams": method(queryOf),
		"QueryParam": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.ex.Query().Get(hostfn.String(call, 0)))
		}),
		"Param": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.ex.Vars()[hostfn.String(call, 0)])
		}),
		"ParamNames": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			names, _ := sortedPairs(s.ex.Vars())
			return s.ToJS(names)
		}),
		"ParamValues": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			_, values := sortedPairs(s.ex.Vars())
			return s.ToJS(values)
		}),
		"FormValue":  method(formValue),
		"FormParams": method(func(s *scope, _ goja.FunctionCall) goja.Value { return formOf(s.Run, s.ex) }),
		"Cookie":     method(cookieOf),
		"Cookies":    method(allCookies),
		"GetHeader": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.requestHeader().Get(headerName(hostfn.String(call, 0))))
		}),
		"Bind":     method(func(s *scope, _ goja.FunctionCall) goja.Value { return s.postData() }),
		"Body":     method(bodyBytes),
		"BodyText": method(bodyText),
		"Get":      method(getValue),
		"Set":      method(setValue),
	}
}

// store is where c.Set keeps its values. It hangs on the global object, so that a script's memory is counted wherever it
// puts things.
func (s *scope) store() *goja.Object {
	global := s.VM.GlobalObject()
	if o, ok := global.GetSymbol(s.api.values).(*goja.Object); ok {
		return o
	}
	o := s.VM.CreateObject(nil)
	_ = global.DefineDataPropertySymbol(s.api.values, o, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	return o
}
