package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onboarding starts the real app on a data folder, or skips with a message where the app is not.
func onboarding(t *testing.T, data string) *server {
	t.Helper()
	app, err := filepath.Abs("../../../shared/apps/onboarding/app.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(app); err != nil {
		t.Skip("the onboarding app is not beside the project")
	}
	return start(t, "-a", app, "--data", data)
}

// TestOnboarding walks every row of the table in the app's README.
func TestOnboarding(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := onboarding(t, data)
	b := newBrowser(t, s.url)

	one := b.get("/pepe11")
	b.expect(one, 200, "Paso 1", `name="nombre"`)
	two := b.submit(one, "/pepe11", "nombre=Ana")
	b.expect(two, 200, "Paso 2", `value="celular"`, `value="mail"`)
	three := b.submit(two, "/pepe11", "tipo=celular")
	b.expect(three, 200, "Paso 3 - Celular", `name="codigo"`)
	if three.header.Get("Dromedary-Wid-2") == "" {
		t.Error("no fork runs beside")
	}
	mail := newBrowser(t, s.url)
	threeMail := mail.submit(mail.submit(mail.get("/pepe11"), "", "nombre=Eva"), "", "tipo=mail")
	mail.expect(threeMail, 200, "Paso 3 - Mail")
	if threeMail.header.Get("Dromedary-Wid-2") == "" {
		t.Error("no fork runs beside")
	}

	// kill -9 in the middle of the wizard: the same cookie continues in the next process
	waitFor(t, s, "Enviando codigo", "Enviando mail")
	s.kill()
	s = onboarding(t, data)
	next := newBrowser(t, s.url)
	next.c.Jar = b.c.Jar // cookies do not tell ports apart
	next.expect(next.submit(three, "/pepe11", "codigo=2222"), 200, "Paso 2")
	four := next.submit(three, "/pepe11", "codigo=1111")
	next.expect(four, 200, "Paso 4")
	done := next.submit(four, "/pepe11", "cantidad=1000")
	next.expect(done, 200, `"nombre":"Ana"`, `"tipo":"celular"`, `"codigo":"1111"`, `"paso_codigo":"ok"`)
	if !strings.Contains(done.header.Get("Content-Type"), "application/json") {
		t.Errorf("content type %q", done.header.Get("Content-Type"))
	}
	stranger := newBrowser(t, s.url)
	stranger.expect(stranger.submit(three, "/pepe11", "codigo=1111"), 409, "not offered")
	stranger.expect(stranger.get("/pepe11/"), 404)
	if p := stranger.get("/nope"); p.status != 404 || p.body != `{"message":"not found","code":404}`+"\n" && p.body != `{"message":"not found","code":404}` {
		t.Errorf("/nope: %d %q", p.status, p.body)
	}
}

// TestOnboardingLogin logs in and out.
func TestOnboardingLogin(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := onboarding(t, data)
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	add := exec.Command(binary, "user", "add", "ana.gomez", "--data", data)
	add.Dir = t.TempDir()
	add.Stdin = strings.NewReader("ana.gomez\n") // the app compares the password with the user name
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("user add: %v\n%s", err, out)
	}
	b := newBrowser(t, s.url)
	home := b.get("/home")
	b.expect(home, 307)
	if home.header.Get("Location") != "/nflow_login" {
		t.Errorf("location %q", home.header.Get("Location"))
	}
	login := b.get("/nflow_login")
	b.expect(login, 200, `name="username"`, `name="password"`)
	b.expect(b.submit(login, "/nflow_login", "username=nobody", "password=nobody"), 200, "Error Login")
	b.get("/home")
	b.expect(b.submit(b.get("/nflow_login"), "/nflow_login", "username=ana.gomez", "password=ana.gomez"), 200, "/home")
	b.expect(b.get("/home"), 200, "Paso 1", "ana.gomez")
	b.expect(b.get("/logout"), 200, "Logout")
	b.expect(b.get("/home"), 307)
}
