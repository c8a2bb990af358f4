// Package jsapi holds the JavaScript globals that flow code uses: one table of rows, one file for each family.
//
// A row says how a name is called, what it does, an example that runs, and how its value is made for one run. The engine
// serves the rows to the VM of each run when a script first reads a name; manual, editor help and lint read the same
// table. The names that change from node to node (payload, next, nflow_data, __outputs, current_box, prev_box) are the
// engine's own and are not here.
//
// This package knows neither the engine nor where users, tokens, sessions and templates live: Deps names the little it
// needs of them. Flow code is hostile, so no Go struct, map or channel reaches a script: it gets copies made of plain
// JavaScript values, and views that return such values.
package jsapi

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"slices"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/render"
)

// Deps is what the globals need of other packages. All functions may be called by many runs concurrently, each with a
// run of its own. What is nil is not configured, and the globals that need it say so.
type Deps struct {
	Exchange func(*hostfn.Run) Exchange
	Session  func(*hostfn.Run) Session
	Users    Users
	Tokens   Tokens

	// Template returns the source of a template of the run's app, false when there is none of that name.
	Template func(r *hostfn.Run, name string) (source string, ok bool)
	// Kill stops a run and returns whether it was alive.
	Kill func(wid string) bool
	// KillElsewhere does so with a run of another process, and may wait for that. Nil where there are no others.
	KillElsewhere func(ctx context.Context, wid string) (bool, error)
	// Files is the directory that flow code may read and write; an *os.Root. Nil when none is configured.
	Files Files

	Config  map[string]any    // already redacted; read-only
	Env     map[string]string // the [env] section; read-only
	URLBase string

	// SessionCookie reports whether a cookie of that name may hold sessions, of this app or of another on the host. Flow code
	// neither sees nor sets it. Defaults to none.
	SessionCookie func(name string) bool
}

// Exchange is the request of a run and the way to answer it. It belongs to the run's goroutine.
type Exchange interface {
	// Context is never nil; in a fork its response refuses.
	Context() echo.Context
	// Answer writes the response of the run. The first one counts: a later one is logged, not written, and returns nil.
	Answer(write func(echo.Context) error) error
	// Stream adds to a response in pieces, which the first piece begins. A run that answered otherwise drops the pieces,
	// logged, and nil.
	Stream(write func(echo.Context) error) error
	// Vars are the path variables of the route, decoded.
	Vars() map[string]string
	// Endpoint is the escaped path without its continuation.
	Endpoint() string
	// Form holds the parameters of query and body, and their names in the order in which they came.
	Form() (values url.Values, names []string)
	// Query holds the parameters of the query.
	Query() body.Form
	// PostData is the text of a JSON body as json.RawMessage, unchecked, the first value of each field of a form, the text of
	// a body of text, or the bytes ([]byte) of another one.
	PostData() (any, error)
	// Body is the body, after its Content-Encoding; the caller's own copy.
	Body() ([]byte, error)
	// BodyText is the text of the body by its charset, without a byte order mark.
	BodyText() (string, error)
	JSONText() (string, error)
}

// Session is the named sessions of one browser, as one run sees them. Errors are *fault.Error.
type Session interface {
	// Open returns the values of a named session; nil or empty when there are none. The caller does not change them.
	Open(name string) (*ordered.Object, error)
	Save(name string, values *ordered.Object) error
	Set(name, key string, value any) error
	Delete(name string) error
	// Renew moves the session to a new id, so that an id known before a login is worth nothing after it.
	Renew()
}

// Users checks and finds the users of an app.
type Users interface {
	// ValidateUser also counts failures, by name and by the address that the request came from.
	ValidateUser(ctx context.Context, name, password, address string) (bool, error)
	// GetUser returns nil for an unknown name.
	GetUser(ctx context.Context, name string) (map[string]any, error)
}

// Tokens checks and finds the API tokens of an app.
type Tokens interface {
	// ValidateToken looks for the token of that name in the headers of a request.
	ValidateToken(ctx context.Context, name string, h http.Header) (bool, error)
	// GetToken returns all tokens of that name.
	GetToken(ctx context.Context, name string) ([]map[string]any, error)
}

// Files is a directory that no name can leave. *os.Root is one.
type Files interface {
	Open(name string) (*os.File, error)
	Stat(name string) (os.FileInfo, error)
	ReadFile(name string) ([]byte, error)
	OpenFile(name string, flag int, perm os.FileMode) (*os.File, error)
	MkdirAll(name string, perm os.FileMode) error
	Remove(name string) error
}

var _ Files = (*os.Root)(nil)

// api is what all rows of one table share.
type api struct {
	Deps
	pages *render.Engine

	context, request, headers, url, response, console *members                     // what the views show; read-only after newAPI
	calls                                             map[string]*hostfn.Signature // of the functions of c

	own, values *goja.Symbol // of the global object: see perRun and the values of c.Set
}

// Rows returns the rows of all families.
func Rows(d Deps) []hostfn.Row {
	a := &api{
		Deps:   d,
		pages:  render.New(d.Template),
		own:    goja.NewSymbol("nflow"),
		values: goja.NewSymbol("nflow.values"),
	}
	a.calls = hostfn.Declare(contextCalls("c")...)
	a.context, a.request, a.headers, a.url = contextMembers(a.calls), requestMembers(a.calls), headersMembers(a.calls), urlMembers(a.calls)
	a.response, a.console = responseMembers(a.calls), consoleMembers()
	return slices.Concat(
		a.runRows(), a.requestRows(), a.contextRows(), []hostfn.Row{a.webhookRow()}, a.sessionRows(), a.profileRows(), a.userRows(), hashRows(), a.templateRows(),
		generalRows(), timeRows(), a.timerRows(), a.fileRows(), envRows(), a.consoleRows(),
	)
}

// perRun is what the globals remember for one run.
type perRun struct {
	timers map[int64]func() // what clearTimeout calls, by id
	last   int64            // id

	headers, heading int // that were set, and their bytes

	shared map[string]shared // what c.Set has put into the request's context, by key
}

// remember returns the memory of a run. It hangs on the global object of its VM, behind a symbol that a script can see but
// neither change nor look through.
func (a *api) remember(r *hostfn.Run) *perRun {
	global := r.VM.GlobalObject()
	if v, ok := global.GetSymbol(a.own).(*goja.Object); ok {
		return v.Export().(*sealed).perRun
	}
	s := &sealed{perRun: &perRun{timers: map[int64]func(){}}}
	_ = global.DefineDataPropertySymbol(a.own, r.VM.NewDynamicObject(s), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	return s.perRun
}

// sealed carries Go data on an object that looks empty and takes nothing.
type sealed struct{ perRun *perRun }

func (*sealed) Get(string) goja.Value       { return nil }
func (*sealed) Set(string, goja.Value) bool { return false }
func (*sealed) Has(string) bool             { return false }
func (*sealed) Delete(string) bool          { return true }
func (*sealed) Keys() []string              { return nil }

// typeError raises a TypeError in the script.
func typeError(r *hostfn.Run, format string, args ...any) {
	panic(r.VM.NewTypeError(append([]any{format}, args...)...))
}

// stringify is JSON.stringify; what it throws is thrown on.
func stringify(r *hostfn.Run, v goja.Value) []byte {
	text, err := r.Stringify(v)
	if err != nil {
		r.Rethrow(err)
	}
	return text
}

// object makes Go data of an argument that must be an object.
func object(r *hostfn.Run, fn string, v goja.Value) map[string]any {
	m, ok := r.DataOf(v).(map[string]any)
	if !ok {
		typeError(r, "%s takes an object", fn)
	}
	return m
}

// off raises the error of a function that a switch blocks, unless it is on.
func off(r *hostfn.Run, fn, setting string) {
	if err := r.Caps.Allow(setting); err != nil {
		r.Throw(hostfn.Denied(fn, setting, err))
	}
}

// orderedObject makes data of an argument that must be an object, its keys in their order.
func orderedObject(r *hostfn.Run, fn string, v goja.Value) *ordered.Object {
	o, err := r.Object(v)
	if err != nil {
		r.Rethrow(err)
	}
	if o == nil {
		typeError(r, "%s takes an object", fn)
	}
	return o
}

// missing raises the error of a function whose service was not given to this table.
func missing(r *hostfn.Run, fn, what string) {
	r.Throw(fault.New(fault.Unavailable, "%s: this runtime has no %s", fn, what))
}

// value is a row's Bind for plain data that is made from the run.
func value(f func(*hostfn.Run) any) func(*hostfn.Run) goja.Value {
	return func(r *hostfn.Run) goja.Value { return r.ToJS(f(r)) }
}
