package e2e

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Headers of the balancer's answers.
const (
	answeredBy = "Balancer-Member" // the address of who answered
	failedAt   = "Balancer-Failed" // of who did not; the response is the balancer's own
)

// balancer sends requests to its members in turn, as a load balancer does. Those whose /ready is not 200 get none, and one
// that does not answer gets none until /ready is 200 again.
type balancer struct {
	url     string
	members []*member
	turn    atomic.Uint64
}

type member struct {
	address          string
	ready            atomic.Bool
	answered, failed atomic.Int64
	proxy            *httputil.ReverseProxy
}

// checkEvery is how often members are asked whether they want requests.
const checkEvery = 50 * time.Millisecond

func newBalancer(t testing.TB, addresses ...string) *balancer {
	t.Helper()
	b := &balancer{}
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	ctx, cancel := context.WithCancel(context.Background())
	var checks sync.WaitGroup
	for _, address := range addresses {
		m := newMember(address, transport)
		b.members = append(b.members, m)
		checks.Go(func() { m.check(ctx, transport) })
	}
	front := httptest.NewServer(b)
	b.url = front.URL
	t.Cleanup(func() {
		cancel()
		checks.Wait()
		front.Close()
		transport.CloseIdleConnections()
	})
	return b
}

func newMember(address string, transport *http.Transport) *member {
	m := &member{address: address}
	m.proxy = &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(q *httputil.ProxyRequest) {
			q.SetURL(&url.URL{Scheme: "http", Host: address})
			q.Out.Host = q.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			m.answered.Add(1)
			r.Header.Set(answeredBy, address)
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			m.failed.Add(1)
			m.ready.Store(false)
			w.Header().Set(failedAt, address)
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	return m
}

// check sends requests to the member until ctx is done.
func (m *member) check(ctx context.Context, transport *http.Transport) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		asked, cancel := context.WithTimeout(ctx, 2*time.Second)
		q, _ := http.NewRequestWithContext(asked, http.MethodGet, "http://"+m.address+"/ready", nil)
		res, err := transport.RoundTrip(q)
		if err == nil {
			res.Body.Close()
		}
		cancel()
		m.ready.Store(err == nil && res.StatusCode == http.StatusOK)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for range b.members {
		if m := b.members[b.turn.Add(1)%uint64(len(b.members))]; m.ready.Load() {
			m.proxy.ServeHTTP(w, r)
			return
		}
	}
	w.Header().Set(failedAt, "all")
	w.WriteHeader(http.StatusServiceUnavailable)
}

// ready counts the members that get requests.
func (b *balancer) ready() (n int) {
	for _, m := range b.members {
		if m.ready.Load() {
			n++
		}
	}
	return n
}
