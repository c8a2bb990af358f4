package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/gomodule/redigo/redis"
	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is one run.
type world struct {
	t      testing.TB
	vm     *goja.Runtime
	run    *hostfn.Run
	cancel context.CancelCauseFunc
	prefix string
}

func newRun(t testing.TB, p *Plugin) *world {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	t.Cleanup(func() { cancel(context.Canceled) })
	w := &world{t: t, vm: goja.New(), cancel: cancel}
	w.run = &hostfn.Run{VM: w.vm, Wid: "wid-1", Host: &hosttest.Host{VM: w.vm, Ctx: func() context.Context { return ctx }}}
	hosttest.Serve(w.run, p.Functions())
	return w
}

func (w *world) eq(script, want string) {
	w.t.Helper()
	hosttest.Eq(w.t, w.run, script, want)
}

func (w *world) throws(script, text string) string {
	w.t.Helper()
	return hosttest.Throws(w.t, w.run, script, text)
}

func open(t testing.TB, o Options) *Plugin {
	t.Helper()
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// server returns the Redis of this machine, and a prefix whose keys are removed when the test ends.
func server(t testing.TB) (host, prefix string) {
	t.Helper()
	host = os.Getenv("NFLOW_TEST_REDIS")
	if host == "" {
		host = "127.0.0.1:6379"
	}
	c, err := redis.Dial("tcp", host)
	if err != nil {
		t.Skipf("no Redis server for tests: %v", err)
	}
	prefix = "nflow-test-" + rand.Text() + ":"
	t.Cleanup(func() {
		keys, err := redis.Strings(c.Do("KEYS", prefix+"*"))
		for _, key := range keys {
			if _, failed := c.Do("DEL", key); failed != nil {
				err = failed
			}
		}
		if err != nil {
			t.Error(err)
		}
		_ = c.Close()
	})
	return host, prefix
}

// real makes a run on the real server; k(name) is a key of the test's own.
func real(t testing.TB) *world {
	t.Helper()
	host, prefix := server(t)
	w := newRun(t, open(t, Options{Host: host}))
	w.prefix = prefix
	w.keys()
	return w
}

func (w *world) keys() {
	w.t.Helper()
	if _, err := w.vm.RunString(fmt.Sprintf("var k = name => %q + name", w.prefix)); err != nil {
		w.t.Fatal(err)
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	host, prefix := server(t)
	p := open(t, Options{Host: host})
	for _, row := range p.Functions() {
		example := strings.NewReplacer(`"cart"`, `"`+prefix+`cart"`, `"greeting"`, `"`+prefix+`greeting"`).Replace(row.Example)
		newRun(t, p).eq(example+"; 1", "1")
		if !strings.HasPrefix(row.Sig, row.Name) || !strings.HasSuffix(row.Doc, ".") {
			t.Errorf("%s: %q %q", row.Name, row.Sig, row.Doc)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	w := real(t)
	w.eq(`redis.get(k("a"))`, `null`)
	w.eq(`redis.set(k("a"), "ñ 'x'")`, `true`)
	w.eq(`redis.get(k("a"))`, `"ñ 'x'"`)
	w.eq(`redis.set(k("a"), ""); redis.get(k("a"))`, `""`)
	w.eq(`redis.set(k("a"), { n: 1, list: [null] }); JSON.parse(redis.get(k("a")))`, `{"n":1,"list":[null]}`)
	w.eq(`redis.set(k("a"), 12.5); redis.get(k("a"))`, `"12.5"`)
	w.eq(`redis.set(k("a"), new Uint8Array([72, 105])); redis.get(k("a"))`, `"Hi"`)
	w.eq(`redis.incr(k("n"))`, `1`)
	w.eq(`redis.incr(k("n"), 41)`, `42`)
	w.eq(`redis.incr(k("n"), -2)`, `40`)
	w.eq(`redis.set(k("n"), "9007199254740992"); redis.incr(k("n"))`, `"9007199254740993"`)
	w.eq(`redis.expire(k("n"), 60)`, `true`)
	w.eq(`redis.expire(k("nothing"), 60)`, `false`)
	w.eq(`redis.publish(k("channel"), "hello")`, `0`)
	w.eq(`redis.del(k("a"), k("n"), k("nothing"))`, `2`)
	w.eq(`redis.get(k("a"))`, `null`)
}

// asking returns what sends a command whose reply is a number.
func asking(t testing.TB) func(command string, args ...any) int64 {
	t.Helper()
	host, _ := server(t)
	c, err := redis.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return func(command string, args ...any) int64 {
		t.Helper()
		n, err := redis.Int64(c.Do(command, args...))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

func TestTimeToLive(t *testing.T) {
	t.Parallel()
	w := real(t)
	do := asking(t)
	w.eq(`redis.set(k("a"), "x", 100)`, `true`)
	if ttl := do("TTL", w.prefix+"a"); ttl < 90 || ttl > 100 {
		t.Errorf("ttl %v", ttl)
	}
	w.eq(`redis_hset(k("h"), "f", "1"); redis_expire(k("h"), 50).val()`, `true`)
	if ttl := do("TTL", w.prefix+"h"); ttl < 40 || ttl > 50 {
		t.Errorf("ttl %v", ttl)
	}
	w.eq(`redis.set(k("a"), "x"); 1`, `1`)
	if ttl := do("TTL", w.prefix+"a"); ttl != -1 {
		t.Errorf("ttl %v", ttl)
	}
}

func TestOldFunctions(t *testing.T) {
	t.Parallel()
	w := real(t)
	w.eq(`var r = redis_hset(k("h"), "a", "1"); [r.val(), r.err(), r.result()]`, `[1,null,1]`)
	w.eq(`redis_hset(k("h"), "b", { x: 1 }, "c", "3").val()`, `2`)
	w.eq(`r = redis_hget(k("h"), "b"); [r.val(), r.err(), r.result()]`, `["{\"x\":1}",null,"{\"x\":1}"]`)
	w.eq(`r = redis_hget(k("h"), "nothing"); [r.val(), r.err()]`, `["","redis: nil"]`)
	w.throws(`r.result()`, "redis: nil")
	w.eq(`redis_hdel(k("h"), "a", "b", "nothing").val()`, `2`)
	w.eq(`redis_expire(k("nothing"), 5).val()`, `false`)
	w.eq(`redis.set(k("text"), "x"); redis_hset(k("text"), "a", 1).err()`, `"WRONGTYPE Operation against a key holding the wrong kind of value"`)
	w.throws(`redis_hget(k("text"), "a").result()`, "WRONGTYPE")
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	w := real(t)
	w.eq(`redis_hset(k("h"), "a", "1").val()`, `1`)
	w.throws(`redis.get(k("h"))`, "WRONGTYPE")
	w.throws(`redis.get()`, "argument 1")
	w.throws(`redis.set("a\ud83d", 1)`, "half a surrogate pair")
	for _, script := range []string{`redis.get("a", {as: 1})`, `redis.set("a", "b", 5, {nx: 1})`, `redis.incr("a", 1, {x: 1})`, `redis.expire("a", 1, {nx: 1})`, `redis.publish("a", "b", {x: 1})`, `redis_hget("a", "b", {as: 1})`, `redis_expire("a", 1, {nx: 1})`} {
		w.throws(script, "takes no options")
	}
	w.throws(`redis.set(k("a"))`, "the value is missing")
	w.throws(`redis.set(k("a"), "x", "soon")`, "number of seconds")
	w.throws(`redis.set(k("a"), "x", -1)`, "number of seconds")
	w.throws(`redis.set(k("a"), { toJSON() { throw new RangeError("mine") } })`, "RangeError: mine")
	w.throws(`redis.set(k("a"), "x".repeat(16777217))`, "larger than 16 MiB")
	w.throws(`redis.incr(k("a"), 1.5)`, "adds an integer")
	w.throws(`redis.set(k("a"), "text"); redis.incr(k("a"))`, "not an integer")
	w.throws(`redis.set(k("big"), "x".repeat(16777216)); redis.get(k("big")).length === 16777216 && redis_hset(k("h"), "big", "y"); throw new Error("fits")`, "fits")

	do := asking(t)
	do("APPEND", w.prefix+"big", "x")
	do("HSET", w.prefix+"h", "big", strings.Repeat("x", maxValue+1))
	w.throws(`redis.get(k("big"))`, "larger than 16 MiB")
	w.throws(`redis_hget(k("h"), "big").result()`, "larger than 16 MiB")

	// What the server said is not shown to the outside.
	_, err := w.vm.RunString(`redis.get(k("h"))`)
	if _, ok := errors.AsType[*fault.Error](err); err == nil || ok {
		t.Errorf("%v", err)
	}
}

// narrow lets a run hold so many bytes beside its VM.
type narrow struct {
	*hosttest.Host
	mu               sync.Mutex
	most, held, peak int64
}

var errNarrow = fault.Exceeded("memory", "too much")

func (n *narrow) Beside(bytes int64) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held += bytes
	n.peak = max(n.peak, n.held)
	if n.held > n.most {
		return errNarrow
	}
	return nil
}

// TestLongValuesAreCountedFirst: a run that may not hold a value does not read it.
func TestLongValuesAreCountedFirst(t *testing.T) {
	t.Parallel()
	w := real(t)
	meter := &narrow{Host: w.run.Host.(*hosttest.Host), most: 3 << 20}
	w.run.Meter = meter
	w.eq(`redis.set(k("a"), "ñ".repeat(70000)); redis.get(k("a")) === "ñ".repeat(70000)`, `true`)
	w.eq(`redis_hset(k("h"), "a", "x".repeat(1000000)).val(); redis_hget(k("h"), "a").val().length`, `1000000`)
	w.eq(`redis.set(k("b"), "x".repeat(65536)); redis.get(k("b")).length`, `65536`)
	if meter.held != 0 || meter.peak != 2_000_000 {
		t.Errorf("%d bytes are held, %d were", meter.held, meter.peak)
	}
	w.eq(`redis.set(k("a"), "x".repeat(2000000)); redis_hset(k("h"), "a", "x".repeat(2000000)).val()`, `0`)
	w.throws(`redis.get(k("a"))`, errNarrow.Error())
	w.throws(`redis_hget(k("h"), "a").result()`, errNarrow.Error())
	if meter.held != 0 {
		t.Errorf("%d bytes are held after all", meter.held)
	}
}

func TestNotConfigured(t *testing.T) {
	t.Parallel()
	w := newRun(t, open(t, Options{}))
	for _, script := range []string{`redis.get("a")`, `redis.set("a", "b")`, `redis_hset("a", "b", "c")`, `redis_hget("a", "b")`, `redis_hdel("a", "b")`, `redis_expire("a", 1)`} {
		w.throws(script, "set [redis] host")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"http://u:s3cret@h", "redis://u:s3cret@h:port", "redis://:s3cret@h/x"} {
		_, err := New(Options{Host: host})
		if err == nil || !strings.Contains(err.Error(), "[redis] host") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", host, err)
		}
	}
	host, prefix := server(t)
	w := newRun(t, open(t, Options{Host: "redis://" + host + "/1"}))
	w.prefix = prefix
	w.keys()
	w.eq(`redis.set(k("a"), 1, 1); const v = redis.get(k("a")); redis.del(k("a")); v`, `"1"`)
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	w := newRun(t, open(t, Options{Host: "127.0.0.1:1", Password: "s3cret"}))
	if got := w.throws(`redis.get("a")`, "Redis cannot be reached: check [redis] host"); strings.Contains(got, "127.0.0.1") {
		t.Error(got)
	}
	w.eq(`redis_hget("a", "b").err()`, `"Redis cannot be reached: check [redis] host and the server"`)
}

// TestKill: a run that ends does not wait for a server that says nothing.
func TestKill(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var accepted sync.WaitGroup
	var conns []net.Conn
	accepted.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns = append(conns, c)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		accepted.Wait()
		for _, c := range conns {
			_ = c.Close()
		}
	})
	p, err := New(Options{Host: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{`redis.get("a")`, `redis_hset("a", "b", "c").result()`} {
		w := newRun(t, p)
		var at time.Time
		time.AfterFunc(30*time.Millisecond, func() { at = time.Now(); w.cancel(context.Canceled) })
		_, err := w.vm.RunString(script)
		if took := time.Since(at); err == nil || at.IsZero() || took > time.Second {
			t.Errorf("%s: %v after the kill: %v", script, took, err)
		}
	}
	_ = l.Close()
	accepted.Wait()
	for _, c := range conns {
		_ = c.Close() // the calls that were left behind end now
	}
	if err := p.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestManyRuns(t *testing.T) {
	t.Parallel()
	host, prefix := servertest.Redis(t, "--appendonly", "no").Addr, "many:"
	p := open(t, Options{Host: host, MaxOpen: 8})
	var all sync.WaitGroup
	for range 64 {
		w := newRun(t, p)
		w.prefix = prefix
		w.keys()
		all.Go(func() {
			if _, err := w.vm.RunString(`for (let i = 0; i < 100; i++) redis.incr(k("n"))`); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w := newRun(t, p)
	w.prefix = prefix
	w.keys()
	w.eq(`redis.get(k("n"))`, `"6400"`)
	c, err := redis.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list, err := redis.String(c.Do("CLIENT", "LIST"))
	if n := strings.Count(list, "\n"); n < 2 || n > 8+1 || err != nil {
		t.Errorf("%d connections, the test's own among them: %v", n, err)
	}
}
