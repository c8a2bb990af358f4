package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/config"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/server"
)

// askTime is how long a server may take to answer.
const askTime = 5 * time.Second

func (s *shell) health() *cobra.Command {
	var addr string
	var ready bool
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Check the health of the server on this machine",
		Long: `Check the health of the server on this machine, at the configured address. The exit code is 0 when it is healthy, and 1 when
it is not or does not answer. Use it as the health check of a container: the image holds no other program.`,
		Example: `  nflow-runtime health
  nflow-runtime health --ready --addr :9000`,
		Args: named(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.settings()
			if err != nil {
				return err
			}
			path := c.MonitorConfig.HealthCheckPath
			if ready {
				path = c.MonitorConfig.ReadyPath
			}
			if !c.MonitorConfig.Enabled {
				return fault.New(fault.Invalid, "[monitor] enabled is false: the server has no health endpoint")
			}
			if addr != "" && !config.IsAddress(addr) {
				return misused(cmd, "--addr %.64q is not accepted: want host:port, as in \"127.0.0.1:8080\" or \":8080\"", addr)
			}
			return s.done(askHealth(cmd.Context(), c, addr, path), "%s answers 200", path)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "", "`host:port` of the server. Defaults to [server] address, else :8080")
	cmd.Flags().BoolVar(&ready, "ready", false, "check readiness instead: 503 while the server stops")
	return cmd
}

func askHealth(ctx context.Context, c *engine.ConfigWorkspace, addr, path string) error {
	host, port, err := net.SplitHostPort(c.ListenAddress(addr))
	if err != nil {
		return fault.New(fault.Invalid, "--addr is not host:port")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	url := "http://" + net.JoinHostPort(host, port) + path
	transport := &http.Transport{DisableKeepAlives: true}
	if c.HttpsEngineConfig.Enable {
		url = "https" + url[len("http"):]
		// The certificate names the public host, and this connects to the machine itself.
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // nothing secret is sent, and 200 or not is all that counts
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the address of the server cannot be used")
	}
	res, err := transport.RoundTrip(q)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the server at %s does not answer", net.JoinHostPort(host, port))
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fault.New(fault.Unavailable, "the server is unhealthy: %s answers %s%s", path, res.Status, unwell(res.Body))
	}
	return nil
}

// unwell reports what /health says of the parts that do not work.
func unwell(body io.Reader) (text string) {
	var report server.Report
	_ = json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(&report) // /ready has no parts
	for _, name := range slices.Sorted(maps.Keys(report.Components)) {
		if c := report.Components[name]; c.Status == server.Unhealthy {
			text += "; " + name + ": " + cmp.Or(c.Message, c.Status)
		}
	}
	return text
}
