// Package mail is the plugin with which flows send mail: the object mail, and the older mail_config, send_mail and
// send_mail_async. The engine registers it; it knows nothing of the engine, of configuration files or of other plugins.
//
// A mail is checked and composed on the run's goroutine, so that a mistake is an error at the author's line. It is then
// delivered while the run waits, or put into a bounded queue which a few workers empty and whose failures are in the log.
// Flow code and the data in it are hostile: no text becomes a header line or a recipient that was not meant as one, and
// sizes and counts are bounded. What a server said of a refused mail is in the log only; the password is nowhere.
package mail

import (
	"context"
	"crypto/x509"
	"os"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/netpolicy"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

const (
	network    = "enable_network"
	filesystem = "enable_filesystem"
)

// Options are the section [mail] of the configuration, and what the plugin needs of its surroundings.
type Options struct {
	Enabled  bool   // Defaults to false: mail is sent only where a flow calls mail_config
	Host     string // required when enabled
	Port     int    // Defaults to 587
	User     string // Defaults to the address of From
	Password string // Defaults to none: no login
	From     string // sender of mails that name none: "shop@example.com" or "Shop <shop@example.com>"

	// UseTLS connects with TLS from the first byte. On the ports 25 and 587, where no server speaks it, STARTTLS must then
	// succeed instead. Defaults to false: STARTTLS when offered; port 465 is TLS from the first byte always.
	UseTLS bool
	// RootCAs are the authorities that may vouch for a server. Defaults to the system's.
	RootCAs *x509.CertPool
	// Allow is [vm_pool] network_allow, for the hosts that flows name by mail_config: see netpolicy.New.
	Allow []string

	Queue   int // mails that may wait for a worker. Defaults to 1000
	Workers int // mails that are delivered in the background at once. Defaults to 2

	// Render renders a template of the app by its name. Nil when there are none.
	Render func(r *hostfn.Run, name string, data any) (string, error)
	// Files is the directory whose files may be attached. Nil when none is configured.
	Files Files
}

// Files is a directory that no name can leave; an *os.Root is one.
type Files interface {
	Open(name string) (*os.File, error)
	Stat(name string) (os.FileInfo, error)
}

var _ Files = (*os.Root)(nil)

// Plugin sends the mails of all runs.
type Plugin struct {
	opts   Options
	server *server // of [mail]; nil when it is off
	dialer *netpolicy.Dialer
	queue  *queue
}

var (
	_ hostfn.Plugin   = (*Plugin)(nil)
	_ plugins.Stopper = (*Plugin)(nil)
)

// New makes the plugin. It connects to nothing. Its errors name the key that is wrong.
func New(o Options) (*Plugin, error) {
	dialer, err := netpolicy.New(o.Allow)
	if err != nil {
		return nil, err
	}
	p := &Plugin{opts: o, dialer: dialer, queue: newQueue(orDefault(o.Queue, 1000), orDefault(o.Workers, 2))}
	if !o.Enabled {
		return p, nil
	}
	if o.Host == "" {
		return nil, fault.InvalidSetting("mail.enabled", nil, "[mail] enabled is true: set smtp_host")
	}
	s := &server{host: o.Host, port: orDefault(o.Port, 587), user: o.User, password: o.Password, useTLS: o.UseTLS, roots: o.RootCAs}
	if o.From != "" {
		if s.from, err = address(o.From); err != nil {
			return nil, fault.InvalidSetting("mail.smtp_from", nil, "[mail] smtp_from %v", err)
		}
	}
	p.server = s
	return p, nil
}

func orDefault(n, other int) int {
	if n <= 0 {
		return other
	}
	return n
}

// Name is "mail".
func (p *Plugin) Name() string { return "mail" }

// Stop delivers what is in the queue; when ctx ends first, what is left is given up, and logged.
func (p *Plugin) Stop(ctx context.Context) error { return p.queue.stop(ctx) }

// Functions returns mail, and mail_config, send_mail and send_mail_async.
func (p *Plugin) Functions() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "mail", Sig: messageSignature("mail.send"),
			Calls: []string{
				messageSignature("mail.send"),
				messageSignature("mail.sendAsync"),
			},
			Doc: `Sends a mail by the server of [mail]. mail.send waits until the server has accepted it and throws when it does not; ` +
				`mail.sendAsync returns immediately and logs failures. Addresses are text ("Ada <ada@example.com>, bob@example.com") or arrays; ` +
				`template is the name of a template of the app, rendered over data as the html; ` +
				`attachments are {name, content, type} with text or bytes, or {path, name, type} of a file below the files directory (needs enable_filesystem); ` +
				`one with a cid is shown inside the html, which names it: cid: "logo" and <img src="cid:logo">.`,
			Example: `mail.send({
  to: ["Ada <ada@example.com>"],
  subject: "Your order",
  text: "Thank you!",
  html: "<p>Thank you!</p>",
  attachments: [{ name: "order.csv", content: "pens;2\n", type: "text/csv" }],
  headers: { "X-Order": "7" },
})`,
			Bind: func(r *hostfn.Run) goja.Value {
				o := r.VM.NewObject()
				hostfn.Define(r, o, "send", func(call goja.FunctionCall) goja.Value {
					return p.send(r, p.compose(r, "mail.send", messageOf(r, "mail.send", call.Argument(0))))
				})
				hostfn.Define(r, o, "sendAsync", func(call goja.FunctionCall) goja.Value {
					return p.enqueue(r, p.compose(r, "mail.sendAsync", messageOf(r, "mail.sendAsync", call.Argument(0))))
				})
				return o
			},
		},
		{
			Name: "mail_config", Sig: "mail_config(smtp, port, from, password)", Needs: network,
			Doc:     "Sets the mail server for the rest of this run; from is the sender and the user. Without a password it does not log in.",
			Example: `mail_config("localhost", 25, "shop@example.com", "")`,
			Bind:    hostfn.Func(p.configure),
		},
		{
			Name: "send_mail", Sig: "send_mail(to, subject, body, attachment, format)",
			Doc: `Sends a mail and waits; format is "html" or "text". attachment is "", the path of a file below the files directory, or {name, content, type}. ` +
				`The last two may be exchanged.`,
			Example: `send_mail("ada@example.com", "Hello", "<p>Hello</p>", "", "html")`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return p.send(r, p.compose(r, "send_mail", legacyMessage(r, "send_mail", call)))
			}),
		},
		{
			Name: "send_mail_async", Sig: "send_mail_async(to, subject, body, attachment, format)",
			Doc:     "As send_mail, but in the background: it returns immediately, and failures are logged.",
			Example: `send_mail_async("ada@example.com", "Hello", "Hello", "", "text")`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return p.enqueue(r, p.compose(r, "send_mail_async", legacyMessage(r, "send_mail_async", call)))
			}),
		},
	}
}

// perRun is what a run remembers of its mails.
type perRun struct{ server *server }

func (p *Plugin) remember(r *hostfn.Run) *perRun {
	return hostfn.Kept(r, p, func() *perRun { return &perRun{server: p.server} })
}

// configure is mail_config.
func (p *Plugin) configure(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	if err := r.Caps.Allow(network); err != nil {
		r.Throw(hostfn.Denied("mail_config", network, err))
	}
	host, port := hostfn.String(call, 0), call.Argument(1).ToInteger()
	if len(host) > maxHostName || !hostName.MatchString(host) {
		panic(r.VM.NewTypeError("mail_config takes the name or address of a mail server"))
	}
	if port < 1 || port > 65535 {
		panic(r.VM.NewTypeError("mail_config takes a port from 1 to 65535 second"))
	}
	from, err := address(hostfn.String(call, 2))
	if err != nil {
		panic(r.VM.NewTypeError("mail_config: the sender " + err.Error()))
	}
	p.remember(r).server = &server{
		host: host, port: int(port), from: from, password: hostfn.String(call, 3), roots: p.opts.RootCAs, guard: p.dialer,
	}
	return goja.Undefined()
}

// job is a mail with the server that shall take it.
type job struct {
	fn      string
	server  *server
	message *composed
	key     func() string // of the effect
}

// send delivers while the run waits.
func (p *Plugin) send(r *hostfn.Run, j *job) goja.Value {
	if _, err := hostfn.Take(r, "mail", j.key, func(ctx context.Context) (none struct{}, err error) {
		if err = j.server.deliver(ctx, j.message); err != nil {
			err = explain(j, err)
		}
		return none, err
	}); err != nil {
		r.Throw(err)
	}
	r.Log().Debug("mail sent", "recipients", j.message.recipients)
	return goja.Undefined()
}

// enqueue passes the mail to the workers.
func (p *Plugin) enqueue(r *hostfn.Run, j *job) goja.Value {
	key := ""
	if r.Effects != nil {
		key = j.key()
	}
	if _, err := hostfn.Do(r.Effects, "mail", key, func() (struct{}, error) { return struct{}{}, p.queue.put(j, r.Log()) }); err != nil {
		r.Throw(err)
	}
	return goja.Undefined()
}
