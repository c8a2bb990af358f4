package exchange

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

// idle is a run that does nothing.
type idle struct{}

func (idle) Log() *slog.Logger             { return slog.New(slog.DiscardHandler) }
func (idle) NodeLog() *slog.Logger         { return slog.New(slog.DiscardHandler) }
func (idle) SaveSession(http.Header) error { return nil }
func (idle) Sending()                      {}
func (idle) Blocked() (done func())        { return func() {} }
func (idle) Resume() error                 { return nil }

// keeper is a run whose session is kept, or cannot be.
type keeper struct {
	idle
	err error
	log *bytes.Buffer
}

func (k keeper) NodeLog() *slog.Logger { return slog.New(slog.NewTextHandler(k.log, nil)) }

func (k keeper) SaveSession(h http.Header) error {
	h.Set("Set-Cookie", "a=b")
	return k.err
}

func opened(h Host, limit int64) (*Exchange, *httptest.ResponseRecorder) {
	to := httptest.NewRecorder()
	x := &Exchange{}
	x.Open(h, &Limits{Answer: limit}, echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/a?x=1", nil), to), graph.Match{})
	x.Hold()
	return x, to
}

func text(s string) func(echo.Context) error {
	return func(c echo.Context) error { return c.String(http.StatusCreated, s) }
}

// The first response counts. It leaves at Release and not before, with the session in its header.
func TestAnswerIsHeld(t *testing.T) {
	t.Parallel()
	k := keeper{log: &bytes.Buffer{}}
	x, to := opened(k, 0)
	if x.Answered() || x.Answer(text("one")) != nil || !x.Answered() || x.Answer(text("two")) != nil {
		t.Error("the answer was not taken")
	}
	if to.Body.Len() != 0 || to.Header().Get("Set-Cookie") != "" {
		t.Errorf("it left early: %q", to.Body)
	}
	if status, n := x.Release(); status != http.StatusCreated || n != 3 {
		t.Errorf("%d, %d bytes", status, n)
	}
	if to.Code != http.StatusCreated || to.Body.String() != "one" || to.Header().Get("Set-Cookie") != "a=b" {
		t.Errorf("%d %q %v", to.Code, to.Body, to.Header())
	}
	if !strings.Contains(k.log.String(), "has already responded") {
		t.Errorf("the second answer is not in the log: %s", k.log)
	}
}

func TestNoAnswerIsEmpty(t *testing.T) {
	t.Parallel()
	x, to := opened(idle{}, 0)
	if status, n := x.Release(); status != http.StatusOK || n != 0 || to.Code != http.StatusOK {
		t.Errorf("%d, %d bytes", status, n)
	}
}

// What was answered can be taken back, with the headers that describe it.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	x, to := opened(idle{}, 0)
	x.Context().Response().Header().Set("X-Own", "kept")
	if err := x.Answer(text("one")); err != nil {
		t.Fatal(err)
	}
	x.Withdraw()
	if x.Answered() || x.Answer(func(c echo.Context) error { return c.NoContent(http.StatusTeapot) }) != nil {
		t.Error("no answer can take its place")
	}
	x.Release()
	if to.Code != http.StatusTeapot || to.Body.Len() != 0 || to.Header().Get("Content-Type") != "" || to.Header().Get("X-Own") != "kept" {
		t.Errorf("%d %q %v", to.Code, to.Body, to.Header())
	}
}

// A session that cannot be saved turns the response into an error.
func TestSessionFails(t *testing.T) {
	t.Parallel()
	x, to := opened(keeper{err: fault.Wrap(fault.Unavailable, errors.New("secret"), "the session cannot be saved")}, 0)
	if err := x.Answer(text("one")); err != nil {
		t.Fatal(err)
	}
	x.Release()
	if to.Code != http.StatusServiceUnavailable || !strings.Contains(to.Body.String(), "the session cannot be saved") || strings.Contains(to.Body.String(), "secret") {
		t.Errorf("%d %q", to.Code, to.Body)
	}
}

func TestAnswerTooLarge(t *testing.T) {
	t.Parallel()
	x, to := opened(idle{}, 10)
	err := x.Answer(text(strings.Repeat("x", 11)))
	if f := fault.From(err); f.Kind != fault.Limit || f.Limit != "answer" {
		t.Errorf("%v", err)
	}
	if x.Answered() || to.Body.Len() != 0 {
		t.Error("part of it was answered")
	}
}

// A fork gets the request without what is the client's, and cannot answer.
func TestDetached(t *testing.T) {
	t.Parallel()
	q := httptest.NewRequest(http.MethodPost, "/a?x=1&x=2", strings.NewReader("y=3"))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.Header.Set("Cookie", "a=b")
	q.Header.Set("Authorization", "Bearer x")
	q.Header.Set("X-Own", "kept")
	var x, fork Exchange
	x.Open(idle{}, &Limits{}, echo.New().NewContext(q, httptest.NewRecorder()), graph.Match{})
	if err := x.ReadParameters(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	fork.OpenDetached(ctx, idle{}, &x, x.Match())
	h := fork.Request().Header
	form, _ := fork.Form()
	if h.Get("Cookie") != "" || h.Get("Authorization") != "" || h.Get("X-Own") != "kept" || len(form["x"]) != 2 || form.Get("y") != "3" {
		t.Errorf("%v %v", h, form)
	}
	if q.Header.Get("Cookie") == "" {
		t.Error("the request itself was changed")
	}
	for _, answer := range []error{fork.Answer(text("x")), fork.Stream(text("x")), text("x")(fork.Context())} {
		if answer == nil || !strings.Contains(answer.Error(), "a fork cannot respond") {
			t.Errorf("%v", answer)
		}
	}
	if cancel(); fork.Request().Context().Err() == nil || x.Request().Context().Err() != nil {
		t.Error("the fork's request does not end with its base, or the parent's does")
	}
}

func TestAnnounceIsBounded(t *testing.T) {
	t.Parallel()
	x, _ := opened(idle{}, 0)
	for range 2 * MaxTold {
		x.Announce("w")
	}
	if n := len(x.Context().Response().Header()); n != MaxTold {
		t.Errorf("%d headers", n)
	}
}

// What is left of a body whose reading failed is no body: the error comes again.
func TestBodyThatCannotBeRead(t *testing.T) {
	t.Parallel()
	x, _ := opened(idle{}, 0)
	q := httptest.NewRequest(http.MethodPost, "/a", strings.NewReader("not gzip at all"))
	q.Header.Set("Content-Encoding", "gzip")
	x.Context().SetRequest(q)
	if err := x.ReadParameters(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b, err := x.Body()
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Invalid || b != nil {
			t.Errorf("%q, %v", b, err)
		}
	}
}

// A large form that the disk does not take is the server's fault, and the message names what to look at.
func TestUploadThatHasNoRoom(t *testing.T) { //nolint:paralleltest // the folder for temporary files is of the process
	t.Setenv("TMPDIR", t.TempDir()+"/gone")
	x, _ := opened(idle{}, 0)
	q := x.Context().Request()
	for body, tooLarge := range map[string]bool{strings.Repeat("x", formMemory+1): true, "x": false} {
		q.Body = io.NopCloser(strings.NewReader(body))
		_, err := x.spool()
		f, failed := errors.AsType[*fault.Error](err)
		if failed != tooLarge || failed && (f.Kind != fault.Unavailable || !strings.Contains(f.Text, "TMPDIR") || strings.Contains(f.Text, "gone")) {
			t.Errorf("%d bytes: %v", len(body), err)
		}
	}
}
