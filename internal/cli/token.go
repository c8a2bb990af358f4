package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func (s *shell) token() *cobra.Command {
	return s.group("token", "Manage the API tokens that flows accept", s.tokenAdd(), s.tokenList(), s.tokenRevoke())
}

func (s *shell) tokenAdd() *cobra.Command {
	var expires string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Create a token and print it once",
		Long: `Create a token and print it; it is not shown again. Clients send it as "Authorization: Bearer TOKEN". Several tokens may have
one name, which is the one that flows check: an older token stays valid until it expires or the name is revoked.`,
		Example: `  nflow-runtime token add billing
  nflow-runtime token add billing --expires 90d
  nflow-runtime token add billing --expires 2030-01-31`,
		Args: named("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			end, ok := parseExpiry(expires, time.Now())
			if !end.IsZero() && end.Before(time.Now()) {
				return misused(cmd, "--expires %.40q is in the past", expires)
			}
			if !ok {
				return misused(cmd, "--expires %.40q is not accepted: want a time from now, as in 12h or 90d, or a day, as in 2030-01-31", expires)
			}
			return s.withAccounts(cmd.Context(), s.store, func(a *accounts.Accounts) error {
				secret, err := a.AddToken(cmd.Context(), args[0], end)
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(map[string]any{"name": args[0], "token": secret, "header": "Authorization", "type": "Bearer", "expires": timeOrNil(end)})
				}
				if _, err := fmt.Fprintln(s.out, secret); err != nil {
					return err
				}
				s.say("copy it now: it is not shown again; clients send it as Authorization: Bearer TOKEN")
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&expires, "expires", "", "`when` it expires: a time from now (12h, 90d) or a day (2030-01-31). Defaults to never")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// parseExpiry reads --expires; a day ends at its midnight, UTC.
func parseExpiry(text string, now time.Time) (end time.Time, ok bool) {
	if text == "" {
		return time.Time{}, true
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), true
	}
	if number, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.Atoi(number); err == nil && days > 0 && days <= 36500 {
			return now.AddDate(0, 0, days), true
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return time.Time{}, false
	}
	return now.Add(d), true
}

func timeOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Truncate(time.Second)
}

func (s *shell) tokenList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the tokens, without their secrets",
		Example: "  nflow-runtime token list\n  nflow-runtime token list --json",
		Args:    named(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withAccounts(cmd.Context(), s.mustExist, func(a *accounts.Accounts) error {
				tokens, err := a.Tokens(cmd.Context())
				if err != nil {
					return err
				}
				return s.listTokens(tokens, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (s *shell) listTokens(tokens []store.Token, asJSON bool) error {
	type row struct {
		Name    string `json:"name"`
		Token   string `json:"token"` // its first characters
		Header  string `json:"header"`
		Type    string `json:"type"`
		Active  bool   `json:"active"`
		Start   any    `json:"start"`
		Expires any    `json:"expires"`
	}
	list, rows := []row{}, [][]string{{"NAME", "TOKEN", "SENT AS", "ACTIVE", "SINCE", "EXPIRES"}}
	for _, t := range tokens {
		start, expires := unixTime(t.Start), unixTime(t.Expired)
		list = append(list, row{t.Name, masked(t.Token), t.Header, t.Type, t.Active, timeOrNil(start), timeOrNil(expires)})
		rows = append(rows, []string{t.Name, masked(t.Token), t.Header + ": " + t.Type, yes(t.Active), day(start, "?"), day(expires, "never")})
	}
	if asJSON {
		return s.json(list)
	}
	return s.table(rows)
}

// masked shows the first characters of a token that is long enough to stay secret without them.
func masked(token string) string {
	if len(token) < 24 {
		return "…"
	}
	return clip.Text(token, 4)
}

func unixTime(seconds *int64) time.Time {
	if seconds == nil {
		return time.Time{}
	}
	return time.Unix(*seconds, 0)
}

func day(t time.Time, none string) string {
	if t.IsZero() {
		return none
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func (s *shell) tokenRevoke() *cobra.Command {
	return &cobra.Command{
		Use:     "revoke NAME",
		Short:   "Revoke all tokens of a name",
		Example: "  nflow-runtime token revoke billing",
		Args:    named("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withAccounts(cmd.Context(), s.mustExist, func(a *accounts.Accounts) error {
				return s.done(a.RevokeToken(cmd.Context(), args[0]), "tokens named %q are no longer valid", args[0])
			})
		},
	}
}
