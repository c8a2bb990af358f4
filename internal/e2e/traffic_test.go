package e2e

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// trafficURL is the variable that makes this program a process of good clients only, of the server at its value.
const trafficURL = "NFLOW_TEST_TRAFFIC"

// tally is how good requests fared.
type tally struct {
	mu              sync.Mutex
	failed, refused int             // refused: 503 with Retry-After
	took            []time.Duration // of each
}

func (n *tally) String() string {
	return fmt.Sprintf("%d good requests, %d failed, %d refused, p99 %v, slowest %v", len(n.took), n.failed, n.refused,
		n.percentile(99).Round(time.Millisecond), n.percentile(100).Round(time.Millisecond))
}

// percentile returns the time within which so many of a hundred requests were over. It sorts the times.
func (n *tally) percentile(p int) time.Duration {
	if len(n.took) == 0 {
		return 0
	}
	slices.Sort(n.took)
	return n.took[(len(n.took)*p+99)/100-1]
}

// logs is what takes what went wrong: a test, or [stderr].
type logs interface {
	Logf(format string, args ...any)
}

type stderr struct{}

func (stderr) Logf(format string, args ...any) { log.Printf(format, args...) }

// fared is what the process of good clients says at its end.
type fared struct {
	Failed, Refused int
	Took            []time.Duration
}

// sendTraffic is the process of good clients. It ends with its input.
func sendTraffic(base string) error {
	transport := &http.Transport{MaxIdleConnsPerHost: 50, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // a server of the test
	stop := traffic(stderr{}, &http.Client{Transport: transport, Timeout: 30 * time.Second}, base)
	io.Copy(io.Discard, os.Stdin)
	n := stop()
	return json.NewEncoder(os.Stdout).Encode(fared{n.failed, n.refused, n.took})
}

// traffic sends 50 good requests a second until stop is called, which returns how they fared.
func traffic(t logs, client *http.Client, base string) (stop func() *tally) {
	done := make(chan struct{})
	var flying sync.WaitGroup
	n := new(tally)
	flying.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := 1; ; i++ {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			flying.Go(func() { n.good(t, client, fmt.Sprintf("%s/good/%d", base, i), fmt.Sprintf(`{"n":"%d","l":100}`, i)) })
		}
	})
	return func() *tally {
		close(done)
		flying.Wait()
		return n
	}
}

// good sends one good request.
func (n *tally) good(t logs, client *http.Client, url, want string) {
	began := time.Now()
	status, retry, body := 0, "", []byte(nil)
	res, err := client.Get(url)
	if err == nil {
		status, retry = res.StatusCode, res.Header.Get("Retry-After")
		body, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.took = append(n.took, time.Since(began))
	switch {
	case status == http.StatusServiceUnavailable && retry != "":
		n.refused++
	case err != nil || status != http.StatusOK || string(body) != want:
		if n.failed++; n.failed <= 3 {
			t.Logf("good request: %d %v %.200s", status, err, body)
		}
	}
}
