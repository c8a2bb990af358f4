package graph

import (
	"regexp"
	"strings"
)

// ruleSecret warns of secrets in code, where everybody who reads the app can see them.
const ruleSecret = "secret"

// secretForms are the forms of keys that services give out, and that nothing else has.
var secretForms = regexp.MustCompile(`\b(?:` + strings.Join([]string{
	`[sr]k[-_](?:live|test|proj|ant|svcacct)[-_][0-9A-Za-z_-]{16,}`, // Stripe, OpenAI, Anthropic
	`whsec_[0-9A-Za-z+/=]{24,}`,                                     // webhooks
	`gh[pousr]_[0-9A-Za-z]{36,}`, `github_pat_[0-9A-Za-z_]{40,}`, `glpat-[0-9A-Za-z_-]{20,}`,
	`(?:AKIA|ASIA)[0-9A-Z]{16}`,       // Amazon
	`AIza[0-9A-Za-z_-]{35}`,           // Google
	`xox[abprs]-[0-9A-Za-z-]{20,}`,    // Slack
	`SG\.[\w-]{16,32}\.[\w-]{32,64}`,  // SendGrid
	`AC[0-9a-f]{32}:[0-9a-f]{32}`,     // Twilio
	`npm_[0-9A-Za-z]{36}`,             // npm
	`hooks\.slack\.com/services/T\w+`, // an address that is a secret
}, "|") + `)|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----`)

// secrets warns of keys in the code of a node.
func (c *compilation) secrets(n *Node, key, code string) {
	at := secretForms.FindStringIndex(code)
	if at == nil {
		return
	}
	line := strings.Count(code[:at[0]], "\n")
	column := len([]rune(code[strings.LastIndexByte(code[:at[0]], '\n')+1 : at[0]]))
	c.problemAt(n, Problem{
		Level: LevelWarning, Rule: ruleSecret, Key: key, Line: 1 + line, Column: 1 + column,
		Text: "the code holds what looks like a secret key: keep it out of the app, in secrets.get(name) or [env]",
	})
}
