package e2e

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/arturoeanton/nflow-runtime/engine"
)

// stopGrace is what a stop takes on top of leave_seconds and drain_seconds: answers travel, the process ends.
const stopGrace = 5 * time.Second

// deployed reads a file of the project that containers and services are made from.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// find returns the first group of a pattern in a text.
func find(t *testing.T, text, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing is like %s", pattern)
	}
	return m[1]
}

// loaded returns the configuration that an environment and a file make; what the runtime does not know fails the test.
func loaded(t *testing.T, file string, environ map[string]string) *engine.ConfigWorkspace {
	t.Helper()
	o := engine.ConfigFile{Required: file != ""}
	if file != "" {
		o.Path = filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(o.Path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range environ {
		o.Environ = append(o.Environ, name+"="+value)
	}
	c, warnings, err := o.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Error(w)
	}
	if c.DatabaseNflow.Driver != "postgres" || c.Session.Store != "redis" {
		t.Errorf("the database is %q, sessions are in %q", c.DatabaseNflow.Driver, c.Session.Store)
	}
	return c
}

// stops checks that whoever stops the process waits long enough.
func stops(t *testing.T, c *engine.ConfigWorkspace, patience time.Duration) {
	t.Helper()
	if takes := c.Server.LeaveSeconds.Duration() + c.Server.DrainSeconds.Duration() + stopGrace; patience < takes {
		t.Errorf("it is killed after %s, and a stop may take %s", patience, takes)
	}
}

// understood checks that the command knows such arguments.
func understood(t *testing.T, args ...string) {
	t.Helper()
	if out, err := command(t, append(args, "--help")...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", args, err, out)
	}
}

// list reads ["a", "b"] of a Dockerfile.
func list(t *testing.T, text string) (words []string) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &words); err != nil || len(words) == 0 {
		t.Fatalf("%s: %v", text, err)
	}
	return words
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	file := deployed(t, "Dockerfile")
	program := list(t, find(t, file, `(?m)^ENTRYPOINT (.*)$`))[0]
	health := list(t, find(t, file, `(?m)^HEALTHCHECK .* CMD (.*)$`))
	if copied := find(t, file, `(?m)^COPY --from=build /out/nflow-runtime (\S+)$`); copied != program || health[0] != program {
		t.Errorf("%s is copied, %s started, %s asked for its health", copied, program, health[0])
	}
	understood(t, health[1:]...)
	understood(t, list(t, find(t, file, `(?m)^CMD (.*)$`))...)
	if want := find(t, deployed(t, "go.mod"), `(?m)^go (\d+\.\d+)`); find(t, file, `golang:(\S+) AS`) != want {
		t.Errorf("it is not built with Go %s", want)
	}
	if port := find(t, file, `(?m)^EXPOSE (\d+)$`); (&engine.ConfigWorkspace{}).ListenAddress("") != ":"+port {
		t.Errorf("port %s is exposed", port)
	}
	for _, must := range []string{"--platform=$BUILDPLATFORM", "GOOS=$TARGETOS GOARCH=$TARGETARCH", "CGO_ENABLED=0", "FROM gcr.io/distroless/static-debian12:nonroot", "USER 65532:65532"} {
		if !strings.Contains(file, must) {
			t.Errorf("%s is missing", must)
		}
	}
}

// compose is what the test looks at in docker-compose.yml.
type compose struct {
	Services map[string]struct {
		Environment     map[string]string
		StopGracePeriod string `yaml:"stop_grace_period"`
		ReadOnly        bool   `yaml:"read_only"`
		Volumes         []string
		Healthcheck     struct{ Test []string }
	}
	Networks map[string]struct {
		IPAM struct{ Config []struct{ Subnet string } }
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	var c compose
	if err := yaml.Unmarshal([]byte(deployed(t, "docker-compose.yml")), &c); err != nil {
		t.Fatal(err)
	}
	nginx := deployed(t, strings.TrimPrefix(strings.Split(c.Services["nginx"].Volumes[0], ":")[0], "./"))
	for _, name := range []string{"one", "two"} {
		s := c.Services[name]
		for key, value := range s.Environment {
			s.Environment[key] = strings.ReplaceAll(value, "${POSTGRES_PASSWORD:?say which}", "secret")
		}
		conf := loaded(t, "", s.Environment)
		patience, err := time.ParseDuration(s.StopGracePeriod)
		if err != nil {
			t.Fatal(err)
		}
		stops(t, conf, patience)
		if networks := conf.Server.TrustedProxies; len(networks) != 1 || networks[0] != c.Networks["default"].IPAM.Config[0].Subnet {
			t.Errorf("nginx is trusted in %s", networks)
		}
		if !strings.Contains(nginx, "server "+name+conf.ListenAddress("")+" ") {
			t.Errorf("nginx knows no %s%s", name, conf.ListenAddress(""))
		}
		if !s.ReadOnly {
			t.Errorf("%s can write to its image", name)
		}
	}
	for _, name := range []string{"postgres", "redis"} {
		if len(c.Services[name].Healthcheck.Test) == 0 || len(c.Services[name].Volumes) == 0 {
			t.Errorf("%s has no health check, or keeps nothing", name)
		}
	}
}

// manifest is what the test looks at in the objects of Kubernetes.
type manifest struct {
	Kind       string
	StringData map[string]string `yaml:"stringData"`
	Data       map[string]string
	Spec       struct {
		Replicas int
		Selector struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct {
				Grace           int `yaml:"terminationGracePeriodSeconds"`
				SecurityContext struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
					RunAsUser    int  `yaml:"runAsUser"`
				} `yaml:"securityContext"`
				Containers []container
				Volumes    []struct{ Name string }
			}
		}
	}
}

type container struct {
	Args  []string
	Ports []struct {
		ContainerPort int `yaml:"containerPort"`
	}
	ReadinessProbe  probe `yaml:"readinessProbe"`
	LivenessProbe   probe `yaml:"livenessProbe"`
	StartupProbe    probe `yaml:"startupProbe"`
	SecurityContext struct {
		ReadOnly bool `yaml:"readOnlyRootFilesystem"`
	} `yaml:"securityContext"`
	VolumeMounts []struct{ Name string } `yaml:"volumeMounts"`
}

type probe struct {
	HTTPGet struct{ Path string } `yaml:"httpGet"`
}

func TestKubernetes(t *testing.T) {
	t.Parallel()
	of := map[string]manifest{}
	d := yaml.NewDecoder(strings.NewReader(deployed(t, "deploy/kubernetes/nflow-runtime.yaml")))
	for {
		var m manifest
		if err := d.Decode(&m); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		of[m.Kind] = m
	}
	for _, kind := range []string{"Secret", "ConfigMap", "Deployment", "Service", "PodDisruptionBudget"} {
		if _, ok := of[kind]; !ok {
			t.Fatalf("there is no %s", kind)
		}
	}
	conf := loaded(t, of["ConfigMap"].Data["config.toml"], of["Secret"].StringData)
	pod := of["Deployment"].Spec.Template.Spec
	stops(t, conf, time.Duration(pod.Grace)*time.Second)
	c := pod.Containers[0]
	understood(t, c.Args...)
	for name, p := range map[string]probe{"readiness": c.ReadinessProbe, "liveness": c.LivenessProbe, "startup": c.StartupProbe} {
		if p.HTTPGet.Path != conf.MonitorConfig.ReadyPath {
			t.Errorf("%s asks for %q", name, p.HTTPGet.Path)
		}
	}
	if got := fmt.Sprintf(":%d", c.Ports[0].ContainerPort); got != conf.ListenAddress("") {
		t.Errorf("the port is %s", got)
	}
	user := find(t, deployed(t, "Dockerfile"), `(?m)^USER (\d+)`)
	if !pod.SecurityContext.RunAsNonRoot || fmt.Sprint(pod.SecurityContext.RunAsUser) != user || !c.SecurityContext.ReadOnly {
		t.Error("it may do more than it needs")
	}
	for name, value := range of["Deployment"].Spec.Selector.MatchLabels {
		if of["Deployment"].Spec.Template.Metadata.Labels[name] != value {
			t.Errorf("the pods have no label %s: %s", name, value)
		}
	}
	if len(c.VolumeMounts) != len(pod.Volumes) {
		t.Error("some volumes are not mounted")
	}
}

func TestSystemdUnit(t *testing.T) {
	t.Parallel()
	const unit = "deploy/systemd/nflow-runtime.service"
	file := deployed(t, unit)
	start := strings.Fields(find(t, file, `(?m)^ExecStart=(.*)$`))
	understood(t, start[1:]...)
	for _, must := range []string{"Restart=on-failure", "RestartForceExitStatus=75", "RestartPreventExitStatus=2"} {
		if !strings.Contains(file, "\n"+must+"\n") {
			t.Errorf("%s is missing", must)
		}
	}
	patience, err := time.ParseDuration(find(t, file, `(?m)^TimeoutStopSec=(\d+)$`) + "s")
	if err != nil {
		t.Fatal(err)
	}
	var defaults engine.ConfigWorkspace
	defaults.Normalize()
	stops(t, &defaults, patience)
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed: the unit is not verified by systemd itself")
	}
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(unit))
	if err := os.WriteFile(path, []byte(strings.Replace(file, start[0], binary, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", "--man=no", path).CombinedOutput()
	if err != nil || bytes.Contains(out, []byte(filepath.Base(unit))) {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}
