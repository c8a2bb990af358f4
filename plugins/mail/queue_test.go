package mail

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func TestQueue(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", func(p *post) { p.slow = make(chan struct{}) })
	o := p.options()
	o.Queue, o.Workers = 3, 1
	plugin, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w := another(t, plugin)
	async := strings.Replace(hello, "send", "sendAsync", 1)
	w.js(async)
	<-p.began // the worker has it
	for range 3 {
		w.js(async)
	}
	w.throws(async, "too many mails wait")
	w.kill(errors.New("over")) // the mails of a run that ended are sent nevertheless
	stopped := make(chan error)
	go func() { stopped <- plugin.Stop(context.Background()) }()
	close(p.slow)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	for range 4 {
		p.take()
	}
	p.none()
	w.throws(async, "the server is stopping")
	if err := plugin.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestStopGivesUp(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", func(p *post) { p.slow = make(chan struct{}) })
	defer close(p.slow)
	plugin, err := New(p.options())
	if err != nil {
		t.Fatal(err)
	}
	w := another(t, plugin)
	w.js(strings.Replace(hello, "send", "sendAsync", 1))
	<-p.began
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := plugin.Stop(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if log := w.log.String(); !strings.Contains(log, "ended before the mail was sent") {
		t.Error(log)
	}
}

// TestKill: a run that is killed while the server is slow comes back immediately.
func TestKill(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", func(p *post) { p.slow = make(chan struct{}) })
	defer close(p.slow)
	w, _ := newWorld(t, p.options())
	killed := make(chan time.Time, 1)
	go func() {
		<-p.began
		killed <- time.Now()
		w.kill(fault.New(fault.Killed, "the run was killed"))
	}()
	w.throws(hello, "the run was killed")
	if d := time.Since(<-killed); d > time.Second {
		t.Errorf("came back after %s", d)
	}
}

func TestMany(t *testing.T) {
	t.Parallel()
	p := start(t, "plain", nil)
	w, plugin := newWorld(t, p.options())
	w.js(`for (let i = 0; i < 60; i++) mail.sendAsync({ to: "ada@example.com", subject: "n" + i, text: "t" })`)
	if err := plugin.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 60 {
		seen[p.take().msg.Header.Get("Subject")] = true
	}
	if len(seen) != 60 {
		t.Errorf("%d mails", len(seen))
	}
}
