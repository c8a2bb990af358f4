package hostfn

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/replay"
)

type codedTest struct{}

func (codedTest) Error() string     { return "the table is not there" }
func (codedTest) ErrorCode() string { return "42P01" }

// TestOutcomes: what an effect gave comes back as it was, errors too, and never their causes.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"fault": &fault.Error{Kind: fault.Unavailable, Text: "the connection to the server was lost", Cause: errors.New("dial tcp: hunter2")},
		"coded": codedTest{}, "plain": errors.New("no JSON"), "none": nil,
	} {
		text, failed := json.Marshal(OutcomeOf(map[string]any{"a": []byte("b")}, err))
		if failed != nil || strings.Contains(string(text), "hunter2") {
			t.Fatalf("%s: %s %v", name, text, failed)
		}
		var o replay.Outcome
		if err := json.Unmarshal(text, &o); err != nil {
			t.Fatal(err)
		}
		var value struct{ A []byte }
		got := ReadOutcome(o, &value)
		switch {
		case err == nil && (got != nil || string(value.A) != "b"):
			t.Errorf("%s: %v %q", name, got, value.A)
		case err != nil && (got == nil || fault.ForUser(got).Error() != fault.ForUser(err).Error()):
			t.Errorf("%s: %v", name, got)
		}
		f, isFault := errors.AsType[*fault.Error](got)
		c, isCoded := errors.AsType[Coded](got)
		if isFault != (name == "fault") || isFault && f.Kind != fault.Unavailable || isCoded != (name == "coded") || isCoded && c.ErrorCode() != "42P01" {
			t.Errorf("%s: %#v", name, got)
		}
	}
	if o := OutcomeOf(func() {}, nil); o.Err == nil {
		t.Error("a value that JSON cannot hold was recorded")
	}
}

// TestReplayerStopsAtTheFirstDifference: nothing is answered after it.
func TestReplayerStopsAtTheFirstDifference(t *testing.T) {
	t.Parallel()
	rec := &replay.Recorder{}
	for _, key := range []string{"a", "b", "c"} {
		_, _ = Do(rec, "kv", key, func() (string, error) { return key, nil })
	}
	rep := replay.NewReplayer(rec.Events())
	never := func() (string, error) { t.Error("a replay did it"); return "", nil }
	if v, err := Do(rep, "kv", "a", never); v != "a" || err != nil || rep.Difference(false) != nil {
		t.Errorf("%q %v %v", v, err, rep.Difference(false))
	}
	for _, key := range []string{"x", "b"} {
		if v, err := Do(rep, "kv", key, never); v != "" || err == nil {
			t.Errorf("%s: %q %v", key, v, err)
		}
	}
	if d := rep.Difference(false); d == nil || d.At != 1 || d.Want != "kv b" || d.Got != "kv x" {
		t.Errorf("%+v", d)
	}
	short := replay.NewReplayer(rec.Events())
	if d := short.Difference(true); d == nil || d.Want != "kv a" || d.Got != "" {
		t.Errorf("%+v", d)
	}
	long := replay.NewReplayer(nil)
	if _, err := Do(long, "kv", "a", never); err == nil || !strings.Contains(long.Difference(true).Error(), "its end") {
		t.Error(err)
	}
}
