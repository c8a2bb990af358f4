package redisconn

import (
	"context"
	"crypto/sha1" // as Redis names scripts
	"encoding/hex"
	"strings"
)

// Script is Lua code that Redis runs as one step.
type Script struct{ text, hash string }

// NewScript makes a script.
func NewScript(text string) *Script {
	sum := sha1.Sum([]byte(text))
	return &Script{text: text, hash: hex.EncodeToString(sum[:])}
}

// Doer sends commands, as a Client does.
type Doer interface {
	Do(ctx context.Context, command string, args ...any) (any, error)
}

// Run runs the script and returns its reply. Its text is sent only to a server that does not have it yet.
func (s *Script) Run(ctx context.Context, on Doer, keys []string, args ...any) (any, error) {
	all := make([]any, 0, 2+len(keys)+len(args))
	all = append(all, s.hash, len(keys))
	for _, key := range keys {
		all = append(all, key)
	}
	all = append(all, args...)
	reply, err := on.Do(ctx, "EVALSHA", all...)
	if err != nil && strings.HasPrefix(err.Error(), "NOSCRIPT") {
		all[0] = s.text
		reply, err = on.Do(ctx, "EVAL", all...)
	}
	return reply, err
}
