// Package replay records what a run of a flow takes from outside its code, and plays a recording again: the same run, without
// the services, the clock and the chance of before.
//
// A Go program hands [Effects] to the engine by engine.Options.Effects: a [Recorder] for each run that is to be recorded, or
// a [Replayer] of what one has recorded. A recording is a list of [Event], which JSON keeps. The package knows no other.
package replay

import "encoding/json"

// Effects stands between a run and all that can answer it differently another time: the clock, chance, services, the
// session. Through it a run is recorded, and replayed exactly without the services. A run whose Effects is nil pays a
// comparison for each effect.
//
// The kinds are time, sleep, random, uuid, http, db, mail, ai, kv, secret, redis, twilio, user, env, session, context, kill,
// step and fork; turn is the order in which pending promises and timers came back, node a visit, and answer what the run
// answered. Files, WebSocket messages, and the Go steps and plugins of older programs are not recorded: they happen in a
// replay too. Values are JSON. What a flow reads with secrets.get is among them: keep a recording like a secret.
type Effects interface {
	// Begin is called when the run's code causes an effect, in the order of the code and on the run's goroutine. key
	// tells what is asked, without its secrets.
	Begin(kind, key string) Effect
	// May reports whether this may happen now: always while recording; in a replay when it is what was recorded next.
	May(kind, key string) bool
	// Replays reports whether this is a replay and not a recording.
	Replays() bool
}

// Effect is one effect of a run. Its methods may be called from any goroutine.
type Effect interface {
	// Replay returns the outcome to use. ok is false where the effect is to happen.
	Replay() (o Outcome, ok bool)
	// Keep takes the outcome of an effect that happened.
	Keep(o Outcome)
}

// Outcome is what came of an effect.
type Outcome struct {
	Value json.RawMessage `json:"value,omitempty"`
	Err   *Failure        `json:"error,omitempty"`
}

// Failure is an error as an Outcome keeps it: its text, and what scripts may know it by. Causes are not kept.
type Failure struct {
	Text  string `json:"text"`
	Kind  string `json:"kind,omitempty"`  // of the runtime's own errors, as in "denied" or "unavailable"
	Limit string `json:"limit,omitempty"` // that was exceeded, where Kind is "limit"
	Code  string `json:"code,omitempty"`  // of a service's error, such as that of a database
}
