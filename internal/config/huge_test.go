package config_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/engine"
	"github.com/arturoeanton/nflow-runtime/internal/config"
)

// TestHugeNumbers: a number that is too large for what it counts is an error, and so are texts that are no numbers. A time
// that is accepted is one after which there is a later instant.
func TestHugeNumbers(t *testing.T) {
	t.Parallel()
	shape := defaults()
	shape.DB, shape.AI.Providers = map[string]engine.FlowDatabase{"x": {DSN: "x"}}, nil
	config.Walk(&shape, func(f config.Field) {
		kind := f.Value().Kind()
		if kind != reflect.Int && kind != reflect.Int64 && kind != reflect.Float64 {
			return
		}
		for _, value := range []string{"9e18", "9e9", "4e9", "1e8", "9000000000000000000", "9223372036854775807", "1e308", "-2", "-9e18", "inf", "nan", `"many"`, `"9e18"`, `"106751d"`, `"0x10"`, "true", "[]"} {
			ws, said, err := loadWith(t, f, value)
			if err != nil {
				continue
			}
			d, isTime := durationIn(ws, f.Key())
			if now := time.Now(); isTime && (d <= 0 || !now.Add(d).After(now) || !now.Add(2*d).After(now)) || !isTime && numberIn(ws, f.Key()) > 1e12 {
				t.Errorf("%s = %s is taken as %v (%v): %s", f.Key(), value, numberIn(ws, f.Key()), d, said)
			}
		}
	})
}

// durationIn returns the time of a key, and whether it is one.
func durationIn(ws engine.ConfigWorkspace, key string) (d time.Duration, isTime bool) {
	config.Walk(&ws, func(f config.Field) {
		if v, ok := f.Value().Interface().(interface{ Duration() time.Duration }); ok && f.Key() == key {
			d, isTime = v.Duration(), true
		}
	})
	return d, isTime
}
