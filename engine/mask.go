package engine

import (
	"maps"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/logger"
)

// NewMasker makes what hides the secrets of a configuration wherever something is written down: in the log (see package
// logger), in the history of runs, in the pages of /debug. With [security] enable_log_sanitization it hides sensitive
// data of a recognisable form too.
func NewMasker(c *ConfigWorkspace) (*logger.Masker, error) {
	s := &c.Security
	o := logger.MaskOptions{Secrets: c.Secrets()}
	if s.EnableLogSanitization {
		o.Kinds, o.PreserveLength, o.ShowType = s.SensitivePatterns, s.LogPreserveLength, s.LogShowType
		o.Patterns = map[string]string{}
		maps.Copy(o.Patterns, s.CustomPatterns)
		maps.Copy(o.Patterns, s.LogCustomPatterns)
	}
	if char := []rune(s.LogMaskingChar); len(char) == 1 {
		o.Char = char[0]
	}
	m, err := logger.NewMasker(o)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the patterns of [security] cannot be used: %v", err)
	}
	return m, nil
}
