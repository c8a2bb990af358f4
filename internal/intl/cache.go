package intl

import (
	"encoding/json"
	"sync"
)

// maxCached is how many formatters the process keeps.
const maxCached = 256

// formatters are made once for the same options.
type formatters[F any] struct {
	mu   sync.Mutex
	made map[string]F
}

// of returns the formatter for options as JSON, which make makes where there is none yet.
func of[O, F any](c *formatters[F], key string, make func(O) F) F {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.made[key]; ok {
		return f
	}
	var o O
	_ = json.Unmarshal([]byte(key), &o) // what does not fit stays at its zero
	f := make(o)
	if len(c.made) >= maxCached || c.made == nil {
		c.made = map[string]F{}
	}
	c.made[key] = f
	return f
}

// Date returns the formatter for DateOptions as JSON.
func (l *Library) Date(options string) *Date { return of(&l.dates, options, l.NewDate) }

// Plural returns the rules for PluralOptions as JSON.
func (l *Library) Plural(options string) *Plural { return of(&l.plurals, options, l.NewPlural) }

// Relative returns the formatter for RelativeOptions as JSON.
func (l *Library) Relative(options string) *Relative { return of(&l.relatives, options, l.NewRelative) }

// List returns the formatter for ListOptions as JSON.
func (l *Library) List(options string) *List { return of(&l.lists, options, l.NewList) }

// Collator returns the collator for CollatorOptions as JSON.
func (l *Library) Collator(options string) *Collator { return of(&l.collators, options, l.NewCollator) }

// Number returns the formatter for NumberOptions as JSON.
func (l *Library) Number(options string) *Number { return of(&l.numbers, options, l.NewNumber) }
