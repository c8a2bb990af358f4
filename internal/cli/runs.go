package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/tidwall/gjson"

	"github.com/arturoeanton/nflow-runtime/internal/admin"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func (s *shell) runs() *cobra.Command {
	cmd := s.group("runs", "Show recorded runs and stop running ones", s.runsList(), s.runsShow(), s.runsTail(), s.runsKill())
	cmd.Long = `Show recorded runs and stop running ones. list and show read the history in the database and need no server; tail and kill
call the runs API of the running server with the token of [admin].`
	return cmd
}

func (s *shell) runsList() *cobra.Command {
	var f store.RunFilter
	var status, since string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List recorded runs, the last to end first",
		Long: `List recorded runs, the last to end first. [history] record selects which runs are recorded; by default those that fail.
With -a it lists the runs of that app only.`,
		Example: `  nflow-runtime runs list
  nflow-runtime runs list -a shop
  nflow-runtime runs list --status error --since 24h
  nflow-runtime runs list --flow Orders --node "charge card" --json`,
		Args: named(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch f.Status = store.RunStatus(status); f.Status {
			case "", store.RunOK, store.RunError, store.RunLimit, store.RunKilled, store.RunWaiting:
			default:
				return misused(cmd, "--status %.40q is not accepted: want ok, error, limit, killed or waiting", status)
			}
			if f.Limit < 1 || f.Limit > 100_000 {
				return misused(cmd, "--limit %d is not accepted: want 1 to 100000", f.Limit)
			}
			if since != "" {
				back, ok := parseExpiry(since, time.Now())
				if !ok || back.Before(time.Now()) {
					return misused(cmd, "--since %.40q is not accepted: want a time back from now, as in 12h or 7d", since)
				}
				f.From = time.Now().Add(-time.Until(back))
			}
			if cmd.Flags().Changed("app") && !source.IsPath(s.app) { // what a path serves goes by the usual name
				f.App = s.app
			}
			return s.withRuns(cmd.Context(), func(runs store.History) error { return s.listRuns(cmd.Context(), runs, f, asJSON) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Flow, "flow", "", "only of the `flow` of this name")
	flags.StringVar(&status, "status", "", "only with this `status`: ok, error, limit, killed or waiting")
	flags.StringVar(&f.Node, "node", "", "only those that visited the `node` of this id or name")
	flags.StringVar(&f.User, "user", "", "only of the `user` of this name")
	flags.StringVar(&f.Text, "text", "", "only with this `text` in wid, path, user or error")
	flags.StringVar(&since, "since", "", "only those that ended within this `time`, as in 12h or 7d")
	flags.IntVar(&f.Limit, "limit", 50, "maximum number of runs")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// withRuns opens the history of an existing database.
func (s *shell) withRuns(ctx context.Context, f func(store.History) error) error {
	st, err := s.mustExist(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	s.warnOfSandbox()
	return f(st)
}

// warnOfSandbox warns when the sandbox of this program is degraded, as that of a server of the same program is.
func (s *shell) warnOfSandbox() {
	if why := sandbox.Degraded(); why != "" {
		s.say("warning: the sandbox is degraded, limits are kept but cost more: %s", why)
	}
}

func (s *shell) listRuns(ctx context.Context, runs store.History, f store.RunFilter, asJSON bool) error {
	list, rows := []admin.RunView{}, [][]string{{"WID", "STARTED (UTC)", "TOOK", "STATUS", "FLOW", "NODES", "REQUEST", "ERROR"}}
	for most := f.Limit; len(list) < most; {
		f.Limit = most - len(list)
		page, err := runs.Runs(ctx, f)
		if err != nil {
			return err
		}
		for i := range page.Runs {
			v := admin.View(&page.Runs[i])
			list, rows = append(list, v), append(rows, runRow(&v))
		}
		if f.Before = page.Next; f.Before == 0 {
			break
		}
	}
	if asJSON {
		return s.json(list)
	}
	if len(list) == 0 {
		s.say("no recorded run matches; [history] record selects which runs are recorded")
		return nil
	}
	return s.table(rows)
}

func runRow(v *admin.RunView) []string {
	text := ""
	if v.Error != nil {
		text = v.Error.Text
	}
	return []string{
		v.Wid, v.Started.Format("2006-01-02 15:04:05.000"), microseconds(v.Took), v.Status, v.Flow, fmt.Sprint(v.Nodes), requestOf(v), text,
	}
}

// requestOf returns what started a run.
func requestOf(v *admin.RunView) string {
	if v.Kind == "http" {
		return v.Method + " " + v.Path
	}
	return v.Kind
}

func microseconds(n int64) string {
	d := time.Duration(n) * time.Microsecond
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.String()
}

func (s *shell) runsShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show WID",
		Short: "Show a run with its nodes, their changes and log lines",
		Example: `  nflow-runtime runs show 1f0c6a52-7c1e-4a39-9f0f-5f4f8b9d9a11
  nflow-runtime runs show 1f0c6a52-7c1e-4a39-9f0f-5f4f8b9d9a11 --json`,
		Args: named("WID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withRuns(cmd.Context(), func(runs store.History) error {
				r, err := runs.Run(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				d, err := admin.Whole(cmd.Context(), runs, r)
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(d)
				}
				return s.showRun(&d)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// showRun draws a run as a tree.
func (s *shell) showRun(d *admin.Detail) error {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(printable(fmt.Sprintf(format, args...)) + "\n") }
	line("run %s  %s", d.Wid, d.Status)
	line("  flow %s, %s, answered %d", d.Flow, requestOf(&d.RunView), d.Answer)
	memory := ""
	if d.PeakMemory > 0 { // a run that stays small is not audited
		memory = fmt.Sprintf(", %d KiB at most", d.PeakMemory>>10)
	}
	line("  started %s, took %s, of that %s in scripts, %d nodes, %d operations%s", d.Started.Format(time.RFC3339Nano), microseconds(d.Took), microseconds(d.InVM), d.Nodes, d.Operations, memory)
	for _, about := range [][2]string{{"user", d.User}, {"below run", d.Parent}, {"app version", d.Version}, {"input", string(d.Input)}} {
		if about[1] != "" {
			line("  %s %s", about[0], about[1])
		}
	}
	last := 0
	for i := range d.Visits {
		v := &d.Visits[i]
		if v.Order != last+1 {
			line("  … %d visits were not recorded", v.Order-last-1)
		}
		last = v.Order
		branch, stem := "├─", "│ "
		if i == len(d.Visits)-1 {
			branch, stem = "└─", "  "
		}
		to := ""
		if v.Output != "" {
			to = " → " + v.Output
		}
		if v.Status != string(store.RunOK) {
			to += "  " + v.Status
		}
		line("%s %d %s (%s %s)  at %s, took %s%s", branch, v.Order, v.Name, v.Type, v.Node, microseconds(v.At), microseconds(v.Took), to)
		if len(v.Changes) > 0 {
			line("%s   changed %s", stem, v.Changes)
		}
		gjson.ParseBytes(v.Logs).ForEach(func(_, l gjson.Result) bool {
			line("%s   %s %s", stem, strings.ToLower(l.Get("level").Str), l.Get("text").Str)
			return true
		})
	}
	if d.Error != nil {
		line("failed: %s", d.Error.Text)
		for text := range strings.SplitSeq(d.Error.Stack, "\n") {
			if text != "" {
				line("  %s", text)
			}
		}
	}
	others := func(title string, runs []admin.RunView) {
		for i := range runs {
			if runs[i].Wid != d.Wid {
				line("%s %s  %s, flow %s, %s, started %s", title, runs[i].Wid, runs[i].Status, runs[i].Flow, requestOf(&runs[i]), runs[i].Started.Format(time.RFC3339))
			}
		}
	}
	others("started run", d.Children)
	others("run of the same form", d.Others)
	_, err := fmt.Fprint(s.out, b.String())
	return err
}

// ask sends a request to the runs API of the server that runs.
func (s *shell) ask(ctx context.Context, method, path, address string) (*http.Response, error) {
	c, err := s.settings()
	if err != nil {
		return nil, err
	}
	if c.Admin.Token == "" {
		return nil, fault.New(fault.Invalid, "the runs API requires a token: set token in [admin] for the server and for this command (or NFLOW_ADMIN_TOKEN)")
	}
	if address == "" {
		host, port, _ := net.SplitHostPort(c.ListenAddress(""))
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		address = "http://" + net.JoinHostPort(host, port)
		if c.HttpsEngineConfig.Enable {
			address = "https://" + net.JoinHostPort(host, port)
		}
	}
	q, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(address, "/")+admin.Base+path, nil)
	if err != nil || q.URL.Host == "" || q.URL.Scheme != "http" && q.URL.Scheme != "https" {
		return nil, misused(s.command, "--url %.100q is not accepted: want a URL, as in http://127.0.0.1:8080", address)
	}
	q.Header.Set("Authorization", "Bearer "+c.Admin.Token)
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "no server answers at %s; name it with --url", address)
	}
	if res.StatusCode >= http.StatusBadRequest {
		defer res.Body.Close()
		var refusal struct{ Message string }
		if json.NewDecoder(res.Body).Decode(&refusal) != nil || refusal.Message == "" {
			refusal.Message = "the server at " + address + " answered " + res.Status
		}
		return nil, fault.New(fault.Unavailable, "%s", refusal.Message)
	}
	return res, nil
}

func (s *shell) runsTail() *cobra.Command {
	var address string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Follow runs as they start and end",
		Long:  `Follow runs of the running server as they start and end, recorded or not, until interrupted.`,
		Example: `  nflow-runtime runs tail
  nflow-runtime runs tail --url https://flows.example.com --json`,
		Args: named(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			res, err := s.ask(cmd.Context(), http.MethodGet, "/runs/live", address)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			s.warnOfSandbox()
			return s.tail(cmd.Context(), bufio.NewScanner(res.Body), asJSON)
		},
	}
	cmd.Flags().StringVar(&address, "url", "", "`URL` of the server. Defaults to the configured listen address")
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object on each line")
	return cmd
}

func (s *shell) tail(ctx context.Context, in *bufio.Scanner, asJSON bool) error {
	in.Buffer(nil, 1<<20)
	event := ""
	for in.Scan() {
		name, value, _ := strings.Cut(in.Text(), ": ")
		switch {
		case name == "event":
			event = value
		case name != "data":
		case asJSON:
			fmt.Fprintf(s.out, "{\"event\":%q,\"data\":%s}\n", event, value)
		case event == "lost":
			s.say("%d events were missed", gjson.Get(value, "lost").Int())
		default:
			var v admin.RunView
			if err := json.Unmarshal([]byte(value), &v); err != nil {
				return fault.Wrap(fault.Internal, err, "the server sent an invalid event")
			}
			row := runRow(&v)
			fmt.Fprintln(s.out, printable(fmt.Sprintf("%-5s %s  %s  %-7s %9s  %s  %s  %s", event, row[0], row[1], row[3], row[2], row[4], row[6], row[7])))
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	if err := in.Err(); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the connection to the server was lost")
	}
	return nil
}

func (s *shell) runsKill() *cobra.Command {
	var address string
	cmd := &cobra.Command{
		Use:     "kill WID",
		Short:   "Stop a run at its next safe point",
		Example: `  nflow-runtime runs kill 1f0c6a52-7c1e-4a39-9f0f-5f4f8b9d9a11`,
		Args:    named("WID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			res, err := s.ask(cmd.Context(), http.MethodDelete, "/runs/"+url.PathEscape(args[0]), address)
			if err != nil {
				return err
			}
			return s.done(res.Body.Close(), "stop signal sent to run %s", args[0])
		},
	}
	cmd.Flags().StringVar(&address, "url", "", "`URL` of the server. Defaults to the configured listen address")
	return cmd
}
