package state

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

const (
	secretPrefix = "NFLOW_SECRET_"
	maxSecret    = 64 << 10 // bytes of a secret's file
)

// secretName is what a secret may be called; it is the name of a file too.
var secretName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}$`)

// Options say where values and secrets are. All functions may be called by many runs concurrently.
type Options struct {
	// KV keeps the values of kv.
	KV KV

	// LookupEnv reads the environment: NFLOW_SECRET_NAME holds secret NAME. Defaults to no environment.
	LookupEnv func(name string) (string, bool)
	// SecretsDir is a directory with one file for each secret. "" for none.
	SecretsDir string
	// Secret reads a secret of the database; an error of kind NotFound says that there is none.
	Secret func(ctx context.Context, name string) (string, error)
	// Mask gets each secret that a run reads, before the run does, so that its log can hide the value.
	Mask func(r *hostfn.Run, value string)
}

// keeper is what the functions share.
type keeper struct{ Options }

// Rows lists the globals of this package.
func Rows(o Options) []hostfn.Row {
	k := &keeper{o}
	return []hostfn.Row{k.kvRow(), k.secretsRow()}
}

func (k *keeper) secretsRow() hostfn.Row {
	return hostfn.Row{
		Name: "secrets", Sig: "secrets",
		Calls: []string{
			`secrets.get(name, value)`,
		},
		Doc: `Passwords and keys outside of flows: get(name, otherwise) looks for the environment variable NFLOW_SECRET_NAME (name in capitals, _ for - and .), ` +
			`then for a file of that name in the directory of secrets, then in the database. The value is hidden in the run's log.`,
		Example: `const key = secrets.get("payments-key", "")
if (!key) { next = "output_2" }`,
		Bind: arg.Object(arg.Method("get", k.secretGet)),
	}
}

func (k *keeper) secretGet(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "secrets.get"
	name := hostfn.String(call, 0)
	if len(name) > 128 || !secretName.MatchString(name) {
		arg.Fail(r, fn, "a name is made of letters, digits, _, - and .")
	}
	value, err := hostfn.Take(r, "secret", hostfn.Words(name), func(ctx context.Context) (*string, error) {
		value, found, err := k.secret(ctx, name)
		if !found {
			return nil, err
		}
		return &value, err
	})
	if err != nil {
		r.Throw(err)
	}
	if value == nil {
		if otherwise := call.Argument(1); !goja.IsUndefined(otherwise) {
			return otherwise
		}
		r.Throw(fault.New(fault.NotFound, "secrets.get: secret %q not found; set %s in the environment, or add it to the directory of secrets or the database",
			name, variable(name)))
	}
	if k.Mask != nil {
		k.Mask(r, *value)
	}
	return r.VM.ToValue(*value)
}

func variable(name string) string {
	return secretPrefix + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
}

// secret looks in all places, in order.
func (k *keeper) secret(ctx context.Context, name string) (value string, found bool, err error) {
	if k.LookupEnv != nil {
		if value, found := k.LookupEnv(variable(name)); found {
			return value, true, nil
		}
	}
	if k.SecretsDir != "" {
		if value, found, err := fileSecret(k.SecretsDir, name); found || err != nil {
			return value, found, err
		}
	}
	if k.Secret == nil {
		return "", false, nil
	}
	value, err = k.Secret(ctx, name)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.NotFound {
		return "", false, nil
	}
	return value, err == nil, err
}

// fileSecret reads a file of the directory, and none outside of it, without the line break at its end.
func fileSecret(dir, name string) (value string, found bool, err error) {
	unreadable := func(err error) (string, bool, error) {
		return "", false, fault.Wrap(fault.Internal, err, "secret %q cannot be read from the directory of secrets", name)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return unreadable(err)
	}
	defer root.Close()
	info, err := root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil || !info.Mode().IsRegular() { // a pipe would never end
		return unreadable(err)
	}
	f, err := root.Open(name)
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil || len(b) > maxSecret {
		return unreadable(err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), true, nil
}
