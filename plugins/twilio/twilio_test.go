package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	token   = "a-secret-token"
	service = "VAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

// verify is a server that speaks Twilio Verify v2: one service, codes in memory, the documented errors.
type verify struct {
	mu    sync.Mutex
	codes map[string]string // number → code, until it is approved
	tries map[string]int
	sent  []string
}

func (v *verify) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	user, password, _ := r.BasicAuth()
	resource, ours := strings.CutPrefix(r.URL.Path, "/v2/Services/"+service+"/")
	to := r.PostFormValue("To")
	switch {
	case user != account || password != token:
		refuse(w, 401, 20003, "Authenticate")
	case r.Method != http.MethodPost || !ours:
		refuse(w, 404, 20404, "The requested resource "+r.URL.Path+" was not found")
	case to == "+broken":
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>bad gateway</html>")
	case to == "+away":
		http.Redirect(w, r, "http://192.0.2.1/", http.StatusTemporaryRedirect)
	case resource == "Verifications" && r.PostFormValue("Channel") == "sms":
		if !strings.HasPrefix(to, "+") || len(to) < 8 {
			refuse(w, 400, 60200, "Invalid parameter `To`: "+to)
			return
		}
		v.codes[to], v.tries[to], v.sent = "123456", 0, append(v.sent, to)
		answer(w, 201, to, "pending", false)
	case resource == "VerificationCheck":
		code := v.codes[to]
		if code == "" {
			refuse(w, 404, 20404, "The requested resource /Services/"+service+"/VerificationCheck was not found")
			return
		}
		if v.tries[to]++; v.tries[to] > 5 {
			refuse(w, 429, 60202, "Max check attempts reached")
			return
		}
		if r.PostFormValue("Code") != code {
			answer(w, 200, to, "pending", false)
			return
		}
		delete(v.codes, to)
		answer(w, 200, to, "approved", true)
	default:
		refuse(w, 400, 60200, "Invalid parameter")
	}
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"code": code, "message": message, "more_info": fmt.Sprint("https://www.twilio.com/docs/errors/", code), "status": status,
	})
}

func answer(w http.ResponseWriter, code int, to, status string, valid bool) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"sid": "VEaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "service_sid": service, "account_sid": account, "to": to, "channel": "sms",
		"status": status, "valid": valid, "amount": nil, "payee": nil, "date_created": "2026-01-01T00:00:00Z", "date_updated": "2026-01-01T00:00:00Z",
	})
}

// run returns a VM with the functions of a plugin; ctx is the run's.
func run(ctx context.Context, t *testing.T, o Options) *goja.Runtime {
	t.Helper()
	p := New(o)
	t.Cleanup(func() { _ = p.Stop(context.Background()) })
	vm := goja.New()
	r := &hostfn.Run{
		VM: vm, Host: &hosttest.Host{VM: vm, Ctx: func() context.Context { return ctx }, Logger: slog.Default()},
	}
	hosttest.Serve(r, p.Functions())
	return vm
}

// says runs a script and returns its value, or what it threw, as text.
func says(t *testing.T, vm *goja.Runtime, script string) string {
	t.Helper()
	v, err := vm.RunString("(() => { try { return String(" + script + ") } catch (e) { return e.name + ': ' + e.message } })()")
	if err != nil {
		t.Fatal(err)
	}
	return v.String()
}

func TestCodesAreSentAndChecked(t *testing.T) {
	t.Parallel()
	v := &verify{codes: map[string]string{}, tries: map[string]int{}}
	s := httptest.NewServer(v)
	t.Cleanup(s.Close)
	configured := Options{Enable: true, AccountSID: account, AuthToken: token, VerifyServiceID: service, BaseURL: s.URL + "/v2/"}
	vm := run(context.Background(), t, configured)
	for _, c := range []struct{ script, want string }{
		{`check_otp("+34600000000", "123456")`, "false"}, // nothing was sent yet
		{`send_otp("+34600000000")`, "true"},
		{`check_otp("+34600000000", "654321")`, "false"},
		{`check_otp("+34600000000", "1")`, "false"},
		{`check_otp("+34600000000")`, "false"},
		{`check_otp(" +34600000000 ", 123456)`, "true"},
		{`check_otp("+34600000000", "123456")`, "false"}, // a code counts once
		{`send_otp("+34600000001") && [1,2,3,4,5].map(() => check_otp("+34600000001", "0000")).concat(check_otp("+34600000001", "123456")).join()`, "false,false,false,false,false,false"},
		{`send_otp("12")`, "send_otp: Twilio refused the request (code 60200)"},
		{`send_otp("+broken")`, "send_otp: Twilio failed with status 502"},
		{`check_otp("+broken", "123456")`, "check_otp: Twilio failed with status 502"},
		{`send_otp("+away")`, "send_otp: Twilio refused the request (code 0)"},
		{`send_otp("")`, "TypeError: send_otp takes a phone number"},
		{`check_otp(undefined, "123456")`, "TypeError: check_otp takes a phone number"},
	} {
		if got := says(t, vm, c.script); !strings.Contains(got, c.want) || strings.Contains(got, "12 ") {
			t.Errorf("%s: %s, want %s", c.script, got, c.want)
		}
	}
	if !slices.Equal(v.sent, []string{"+34600000000", "+34600000001"}) {
		t.Errorf("sent to %q", v.sent)
	}

	for want, change := range map[string]func(*Options){
		"Twilio does not accept [twilio] account_sid and auth_token":  func(o *Options) { o.AuthToken = "wrong-secret" },
		"Twilio does not know [twilio] verify_service_id":             func(o *Options) { o.VerifyServiceID = "VA/../x" },
		"set [twilio] account_sid, auth_token and verify_service_id":  func(o *Options) { o.VerifyServiceID = "" },
		"set [twilio] account_sid, auth_token and verify_service_id ": nil,
		"Twilio cannot be reached":                                    func(o *Options) { o.BaseURL = "http://127.0.0.1:1" },
	} {
		o := configured
		if change == nil {
			o = Options{Enable: true}
		} else {
			change(&o)
		}
		got := says(t, run(context.Background(), t, o), `send_otp("+34600000002")`)
		if !strings.Contains(got, "send_otp: "+strings.TrimSpace(want)) || strings.Contains(got, "secret") || strings.Contains(got, "127.0.0.1") {
			t.Errorf("%s: %s", want, got)
		}
	}
}

func TestDisabledAnswersTrueAndExamplesRun(t *testing.T) {
	t.Parallel()
	v := &verify{codes: map[string]string{}, tries: map[string]int{}}
	s := httptest.NewServer(v)
	t.Cleanup(s.Close)
	off := Options{AccountSID: account, AuthToken: token, VerifyServiceID: service, BaseURL: s.URL + "/v2"}
	for _, row := range New(off).Functions() {
		if row.Needs != "" || !strings.HasPrefix(row.Sig, row.Name) || row.Doc == "" {
			t.Errorf("%+v", row)
		}
		for _, on := range []bool{false, true} {
			o := off
			o.Enable = on
			if _, err := run(context.Background(), t, o).RunString("var next; " + row.Example); err != nil {
				t.Errorf("%s: %v", row.Example, err)
			}
		}
	}
	vm := run(context.Background(), t, Options{BaseURL: s.URL})
	if got := says(t, vm, `[send_otp("x"), send_otp(), check_otp("x", "1"), check_otp()]`); got != "true,true,true,true" {
		t.Error(got)
	}
	if len(v.sent) != 1 { // by the example of send_otp
		t.Errorf("sent to %q", v.sent)
	}
}

// TestRunThatEndsEndsTheCall: by a kill, or because its time is over. The best of three counts, for the machine may be busy.
func TestRunThatEndsEndsTheCall(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{errors.New("killed by test"), context.DeadlineExceeded} {
		least := time.Hour
		for range 3 {
			started := make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				close(started)
				<-r.Context().Done()
			}))
			ctx, end := context.WithCancelCause(context.Background())
			vm := run(ctx, t, Options{Enable: true, AccountSID: account, AuthToken: token, VerifyServiceID: service, BaseURL: s.URL})
			ended := make(chan time.Time, 1)
			go func() {
				<-started
				ended <- time.Now()
				end(cause)
			}()
			if _, err := vm.RunString(`send_otp("+34600000000")`); err == nil {
				t.Error("the call came back to the script")
			}
			least = min(least, time.Since(<-ended))
			s.Close()
		}
		if least > 50*time.Millisecond {
			t.Errorf("%v: the call ended %s later", cause, least)
		}
	}
}

// The responses of a server that is not Twilio's must not break anything.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", `{"status":1}`, "<html>", strings.Repeat("a", maxAnswer+10), `{"status":"Approved"}`, `{"valid":true}`} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		vm := run(context.Background(), t, Options{Enable: true, AccountSID: account, AuthToken: token, VerifyServiceID: service, BaseURL: s.URL})
		if got := says(t, vm, `check_otp("+34600000000", "123456")`); got == "true" {
			t.Errorf("%.40s: %s", url.QueryEscape(body), got)
		}
		s.Close()
	}
}
