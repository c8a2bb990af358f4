package jsapi

import (
	"encoding/json"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// Names that apps rely on.
const (
	formSession    = "nflow_form"
	profileSession = "auth_session"
	profileKey     = "profile"
)

// sessionRows: the named sessions of the browser.
func (a *api) sessionRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "set_session", Sig: "set_session(name, key, value)", Doc: "Stores a value, as text, under a key of a named session.",
			Example: `set_session("cart", "coupon", "SPRING")`,
			Bind: a.onSession(func(r *hostfn.Run, s Session, call goja.FunctionCall) (any, error) {
				text, err := r.SessionText(call.Argument(2))
				if err != nil {
					r.Rethrow(err)
				}
				return goja.Undefined(), s.Set(hostfn.WideString(r, call, 0), hostfn.WideString(r, call, 1), text)
			}),
		},
		{
			Name: "get_session", Sig: "get_session(name, key)", Doc: `Returns the value under a key of a named session, as text; "" when there is none.`,
			Example: `const coupon = get_session("cart", "coupon")`,
			Bind: a.onSession(func(r *hostfn.Run, s Session, call goja.FunctionCall) (any, error) {
				values, err := s.Open(hostfn.WideString(r, call, 0))
				return hostfn.AsText(values.Get(hostfn.WideString(r, call, 1))), err
			}),
		},
		{
			Name: "open_session", Sig: "open_session(name)", Doc: "Returns all values of a named session as an object, {} when there are none. Changes take effect with save_session.",
			Example: `const cart = open_session("cart")`,
			Bind: a.onSession(func(r *hostfn.Run, s Session, call goja.FunctionCall) (any, error) {
				return s.Open(hostfn.WideString(r, call, 0)) // nil is an empty object in a script
			}),
		},
		{
			Name: "save_session", Sig: "save_session(name, values)", Doc: "Replaces all values of a named session with those of an object.",
			Example: `const cart = open_session("cart"); cart.items = [1, 2]; save_session("cart", cart)`,
			Bind: a.onSession(func(r *hostfn.Run, s Session, call goja.FunctionCall) (any, error) {
				return goja.Undefined(), s.Save(hostfn.WideString(r, call, 0), orderedObject(r, "save_session(name, values)", call.Argument(1)))
			}),
		},
		{
			Name: "delete_session", Sig: "delete_session(name)", Doc: "Deletes a named session.",
			Example: `delete_session("cart")`,
			Bind: a.onSession(func(r *hostfn.Run, s Session, call goja.FunctionCall) (any, error) {
				return goja.Undefined(), s.Delete(hostfn.WideString(r, call, 0))
			}),
		},
		{
			Name: "open_session_form", Sig: "open_session_form()", Doc: `Returns the values of the form in progress: session "nflow_form".`,
			Example: `const typed = open_session_form()`,
			Bind: a.onSession(func(_ *hostfn.Run, s Session, _ goja.FunctionCall) (any, error) {
				return s.Open(formSession)
			}),
		},
		{
			Name: "delete_session_form", Sig: "delete_session_form()", Doc: "Deletes the values of the form in progress.",
			Example: `delete_session_form()`,
			Bind: a.onSession(func(_ *hostfn.Run, s Session, _ goja.FunctionCall) (any, error) {
				return goja.Undefined(), s.Delete(formSession)
			}),
		},
	}
}

// profileRows: the logged-in user.
func (a *api) profileRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "set_profile", Sig: "set_profile(profile)", Doc: "Logs the visitor in: stores the profile, its values as text, and moves the session to a new id.",
			Example: `set_profile({ username: "ada", rol: "ROL_USER" })`,
			Bind: a.onSession(func(r *hostfn.Run, s Session, call goja.FunctionCall) (any, error) {
				given := orderedObject(r, "set_profile(profile)", call.Argument(0))
				profile := ordered.New(given.Len())
				for key, v := range given.All() {
					profile.Set(key, hostfn.AsText(v))
				}
				if err := s.Set(profileSession, profileKey, profile); err != nil {
					return nil, err
				}
				s.Renew()
				return goja.Undefined(), nil
			}),
		},
		{
			Name: "get_profile", Sig: "get_profile()", Doc: "Returns the profile of the logged-in user, {} when there is none.",
			Example: `const name = get_profile().username || "guest"`,
			Bind: a.onSession(func(_ *hostfn.Run, s Session, _ goja.FunctionCall) (any, error) {
				profile, _, err := profileOf(s)
				return profile, err
			}),
		},
		{
			Name: "exist_profile", Sig: "exist_profile()", Doc: "Reports whether a user is logged in.",
			Example: `if (!exist_profile()) { next = "output_2" }`,
			Bind: a.onSession(func(_ *hostfn.Run, s Session, _ goja.FunctionCall) (any, error) {
				_, exists, err := profileOf(s)
				return exists, err
			}),
		},
		{
			Name: "delete_profile", Sig: "delete_profile()", Doc: "Logs the visitor out.",
			Example: `delete_profile()`,
			Bind: a.onSession(func(_ *hostfn.Run, s Session, _ goja.FunctionCall) (any, error) {
				values, err := s.Open(profileSession)
				if err != nil || values.Get(profileKey) == nil {
					return goja.Undefined(), err
				}
				left := values.Clone()
				left.Delete(profileKey)
				return goja.Undefined(), s.Save(profileSession, left)
			}),
		},
		{
			Name: "profile", Sig: "profile", Doc: "In auth(): the profile as it was when the script first read it. Elsewhere use get_profile().",
			Example: `const guest = !profile.username`,
			Bind: func(r *hostfn.Run) goja.Value {
				profile, _, err := profileOf(a.Session(r))
				if err != nil {
					r.Throw(err)
				}
				return r.ToJS(profile)
			},
		},
	}
}

// onSession binds a function over the sessions of the run; its plain result is copied into the script.
func (a *api) onSession(f func(*hostfn.Run, Session, goja.FunctionCall) (any, error)) func(*hostfn.Run) goja.Value {
	return hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
		result, err := f(r, a.Session(r), call)
		if err != nil {
			r.Throw(err)
		}
		return r.ToJS(result)
	})
}

func profileOf(s Session) (profile any, exists bool, err error) {
	values, err := s.Open(profileSession)
	switch p := values.Get(profileKey).(type) {
	case json.RawMessage:
		return p, p[0] == '{', err
	case *ordered.Object:
		return p, true, err
	}
	return ordered.New(0), false, err
}
