package jsapi

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"maps"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// userRows: users and API tokens.
func (a *api) userRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "validate_user", Sig: "validate_user(username, password)", Doc: "Reports whether the user exists, is active and has that password. After ten failures from one address it returns false for 15 minutes.",
			Example: `if (!validate_user(payload.username, payload.password)) { next = "output_2" }`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				if a.Users == nil {
					missing(r, "validate_user", "users")
				}
				address := a.Exchange(r).Context().RealIP()
				return wait(r, "validate_user "+hostfn.String(call, 0), func(ctx context.Context) (any, error) {
					return a.Users.ValidateUser(ctx, hostfn.String(call, 0), hostfn.String(call, 1), address)
				})
			}),
		},
		{
			Name: "get_user", Sig: "get_user(username)", Doc: "Returns the user of that name as {id, username, rol, active}, without the password, or null.",
			Example: `const user = get_user("ada"); payload.rol = user ? user.rol : ""`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				if a.Users == nil {
					missing(r, "get_user", "users")
				}
				return wait(r, "get_user "+hostfn.String(call, 0), func(ctx context.Context) (any, error) {
					user, err := a.Users.GetUser(ctx, hostfn.String(call, 0))
					if err != nil || user == nil {
						return nil, err
					}
					return withoutSecrets(user), nil
				})
			}),
		},
		{
			Name: "validate_token", Sig: "validate_token(name)", Doc: "Reports whether the request carries a valid API token of that name, in the header that the token names.",
			Example: `if (!validate_token("api1")) { c.JSON(401, { error: "Unauthorized" }); next = "break" }`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				if a.Tokens == nil {
					missing(r, "validate_token", "tokens")
				}
				header := a.Exchange(r).Context().Request().Header
				return wait(r, "validate_token "+hostfn.String(call, 0), func(ctx context.Context) (any, error) {
					return a.Tokens.ValidateToken(ctx, hostfn.String(call, 0), header)
				})
			}),
		},
		{
			Name: "get_token", Sig: "get_token(name)", Doc: "Returns the API tokens of that name as an array, or null when there is none.",
			Example: `const tokens = get_token("api1") || []`,
			Bind:    hostfn.Func(a.getToken),
		},
	}
}

func (a *api) getToken(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	if a.Tokens == nil {
		missing(r, "get_token", "tokens")
	}
	return wait(r, "get_token "+hostfn.String(call, 0), func(ctx context.Context) (any, error) {
		tokens, err := a.Tokens.GetToken(ctx, hostfn.String(call, 0))
		if err != nil || len(tokens) == 0 {
			return nil, err
		}
		list := make([]any, len(tokens))
		for i := range tokens {
			list[i] = tokens[i]
		}
		return list, nil
	})
}

// wait runs a call that may wait and copies its plain result into the script.
func wait(r *hostfn.Run, what string, f func(context.Context) (any, error)) goja.Value {
	result, err := hostfn.Take(r, "user", hostfn.Words(what), f)
	if err != nil {
		r.Throw(err)
	}
	return r.ToJS(result)
}

// withoutSecrets makes sure that no password hash reaches a script, whoever fills the map.
func withoutSecrets(user map[string]any) map[string]any {
	user = maps.Clone(user)
	maps.DeleteFunc(user, func(key string, _ any) bool {
		key = strings.ToLower(key)
		return strings.Contains(key, "password") || strings.Contains(key, "hash")
	})
	return user
}

// hashRows: the hashes of old password tables. Flows should use validate_user.
func hashRows() []hostfn.Row {
	row := func(name, algorithm string, sum func([]byte) []byte) hostfn.Row {
		return hostfn.Row{
			Name: name, Sig: name + "(text)", Doc: "The " + algorithm + " hash of a text, as hex.",
			Example: `const key = ` + name + `("abc")`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				text := hostfn.String(call, 0)
				r.Spend(len(text)>>6, int64(len(text)))
				return r.VM.ToValue(hex.EncodeToString(sum([]byte(text))))
			}),
		}
	}
	return []hostfn.Row{
		row("calcular_sha512_256", "SHA-512/256", func(b []byte) []byte { h := sha512.Sum512_256(b); return h[:] }),
		row("calcular_sha512_224", "SHA-512/224", func(b []byte) []byte { h := sha512.Sum512_224(b); return h[:] }),
		row("calcular_sha512", "SHA-512", func(b []byte) []byte { h := sha512.Sum512(b); return h[:] }),
	}
}
