package jsapi

import (
	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// contextRows: c, the request and its answer, with the methods of an Echo context.
func (a *api) contextRows() []hostfn.Row {
	bind := func(r *hostfn.Run) goja.Value { return a.scope(r).view(a.context) }
	return []hostfn.Row{
		{
			Name: "c", Sig: "c", Doc: "The request and its answer. Answers: JSON, JSONPretty, JSONP, JSONBlob, String, HTML, HTMLBlob, XML, XMLPretty, " +
				"XMLBlob, Blob, Stream, File, Attachment, Inline, NoContent, Redirect, Error; the first one counts. In pieces: Write(text), Flush(), " +
				"SSE(send => …), WebSocket(ws => …) with ws.receive() and ws.send(text). Request: Request(), Response(), " +
				"IsTLS, IsWebSocket, Scheme, RealIP, Path, Param, ParamNames, ParamValues, QueryParam, QueryParams, QueryString, FormValue, " +
				"FormParams, FormFile, MultipartForm, Cookie, Cookies, SetCookie, Get, Set, Bind, GetHeader, SetHeader.",
			Example: `c.JSON(200, { hello: c.QueryParam("name") || "world" })`, Bind: bind,
		},
		{
			Name: "echo_context", Sig: "echo_context", Doc: "The same as c.",
			Example: `echo_context.String(200, "hello")`, Bind: bind,
		},
	}
}

// contextMembers: what c has.
func contextMembers() *members {
	return newMembers(answerMembers(), fileAnswerMembers(), outHeaderMembers(), uploadMembers(), streamMembers(), inMembers())
}

// inMembers: what c tells of the request.
func inMembers() map[string]member {
	told := func(f func(echo.Context) any) member {
		return method(func(s *scope, _ goja.FunctionCall) goja.Value { return hostfn.ToJS(s.VM, f(s.ex.Context())) })
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
		"QueryParams": method(func(s *scope, _ goja.FunctionCall) goja.Value { return asIs(s.VM, s.ex.Context().QueryParams()) }),
		"QueryParam": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.ex.Context().QueryParam(hostfn.String(call, 0)))
		}),
		"Param": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.ex.Vars()[hostfn.String(call, 0)])
		}),
		"ParamNames": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			names, _ := sortedPairs(s.ex.Vars())
			return hostfn.ToJS(s.VM, names)
		}),
		"ParamValues": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			_, values := sortedPairs(s.ex.Vars())
			return hostfn.ToJS(s.VM, values)
		}),
		"FormValue":  method(formValue),
		"FormParams": method(func(s *scope, _ goja.FunctionCall) goja.Value { return asIs(s.VM, s.ex.Form()) }),
		"Cookie":     method(cookieOf),
		"Cookies":    method(allCookies),
		"GetHeader": method(func(s *scope, call goja.FunctionCall) goja.Value {
			return s.VM.ToValue(s.requestHeader().Get(hostfn.String(call, 0)))
		}),
		"Bind": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			data, err := s.ex.PostData()
			if err != nil {
				s.Throw(err)
			}
			return hostfn.ToJS(s.VM, data)
		}),
		"Get": method(func(s *scope, call goja.FunctionCall) goja.Value {
			key := hostfn.String(call, 0)
			if store, ok := s.VM.GlobalObject().GetSymbol(s.api.values).(*goja.Object); ok {
				if v := store.Get(key); v != nil {
					return v
				}
			}
			return goja.Undefined()
		}),
		"Set": method(func(s *scope, call goja.FunctionCall) goja.Value {
			hostfn.SetOwn(s.store(), hostfn.String(call, 0), call.Argument(1))
			return goja.Undefined()
		}),
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
