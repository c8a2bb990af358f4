package app

import (
	"fmt"
	"net"
	"strings"

	"github.com/arturoeanton/nflow-runtime/model"
)

// banner prints address and state of the app on a terminal.
func (a *app) banner(addr net.Addr) {
	if a.Out == nil {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n  nFlow Runtime %s\n\n", a.Version)
	fmt.Fprintf(&b, "  App      %s (%s)\n", a.App, a.summary())
	fmt.Fprintf(&b, "  Open     %s\n", a.url(addr))
	if a.first.seeded {
		b.WriteString("  New      created the demo app in the empty database\n")
	}
	if a.first.password != "" {
		fmt.Fprintf(&b, "  Log in   as %s with password %s (shown only now)\n", demoUser, a.first.password)
	}
	b.WriteString("  Stop     with Ctrl-C\n\n")
	fmt.Fprint(a.Out, b.String())
}

// summary counts what the app has.
func (a *app) summary() string {
	starters := a.engine.Starters(a.App)
	flows := map[string]bool{}
	for _, s := range starters {
		flows[s.Flow] = true
	}
	errs, warnings := 0, 0
	for _, p := range a.engine.Problems(a.App) {
		switch p.Level {
		case model.LevelError:
			errs++
		case model.LevelWarning:
			warnings++
		}
	}
	text := count(len(flows), "flow") + ", " + count(len(starters), "starter")
	if errs+warnings == 0 {
		return text + ", no problems"
	}
	return text + ", " + count(errs, "error") + ", " + count(warnings, "warning") + ": see nflow-runtime lint"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// url returns an address that a browser can open.
func (a *app) url(addr net.Addr) string {
	scheme := "http"
	if a.Config.HttpsEngineConfig.Enable {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return scheme + "://" + addr.String() + "/"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/"
}
