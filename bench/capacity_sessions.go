package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	redisAddress    = "127.0.0.1:6379"
	postgresAddress = "postgres://postgres@127.0.0.1:5432/%s?sslmode=disable&connect_timeout=2"
)

func measureSessions(ctx context.Context, l *lab) ([]row, string, error) {
	stores := []struct{ name, config string }{{"cookie", "[session]\nttl = \"10m\"\n"}}
	var notes []string
	if err := redisAnswers(ctx); err != nil {
		notes = append(notes, fmt.Sprintf("Redis is left out: %v.", err))
	} else {
		stores = append(stores, struct{ name, config string }{"redis", "[session]\nttl = \"10m\"\n[redis]\nhost = \"" + redisAddress + "\"\n"})
	}
	database, remove, err := scratchDatabase(ctx)
	if err != nil {
		notes = append(notes, fmt.Sprintf("PostgreSQL is left out: %v.", err))
	} else {
		defer remove()
		stores = append(stores, struct{ name, config string }{"postgres", "[session]\nttl = \"10m\"\n[pg_session]\nurl = \"" + database + "\"\n"})
	}
	for _, n := range notes {
		fmt.Fprintln(os.Stderr, n)
	}
	var points []point
	for _, s := range stores {
		p, err := l.serve(ctx, "sessions-"+s.name, sessionFlows(sessionSizes()), s.config)
		if err != nil {
			return nil, "", err
		}
		list, err := l.sessionPoints(ctx, p, s.name)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", s.name, err)
		}
		points = append(points, list...)
	}
	rows, err := l.measure(ctx, "sessions", points)
	stopAll(l.servers) // before its database goes
	return rows, strings.Join(notes, " "), err
}

func sessionSizes() []int { return []int{100, 1000, 3000} }

// sessionPoints: no session, one that is read, and ones that are read and changed.
func (l *lab) sessionPoints(ctx context.Context, p *process, store string) ([]point, error) {
	none, err := l.point(ctx, store, "none", p, step{path: "/hello", want: ok})
	if err != nil {
		return nil, err
	}
	points := []point{none}
	add := func(name, path string, size int) error {
		s := step{path: fmt.Sprintf("%s%d", path, size), want: fmt.Sprintf(`{"size":%d}`, size)}
		visits, err := l.visitors(ctx, p, fmt.Sprintf("/fill%d", size), s)
		points = append(points, point{series: store, name: name, on: p, visits: visits})
		return err
	}
	if err := add("read, 100 B", "/read", 100); err != nil {
		return nil, err
	}
	for _, size := range sessionSizes() {
		if err := add(fmt.Sprintf("read and written, %d B", size), "/write", size); err != nil {
			return nil, err
		}
	}
	return points, nil
}

// visitors returns a visit for each connection, with a session of its own that was filled before. Its cookie is sent with each
// request; new ones in answers are not taken over, so that all requests are alike.
func (l *lab) visitors(ctx context.Context, p *process, fill string, s step) (list []visit, err error) {
	for range l.connections {
		q, err := withSession(ctx, dial(p.address), fill, s)
		if err != nil {
			return nil, err
		}
		list = append(list, visit{requests: []request{q}})
	}
	return list, nil
}

func withSession(ctx context.Context, dial dialer, fill string, s step) (request, error) {
	q := s.request()
	var w wire
	if err := w.open(ctx, dial, time.Now().Add(time.Minute)); err != nil {
		return q, err
	}
	defer w.close()
	status, err := w.exchange(step{path: fill}.request(), true)
	if err == nil && (status != 200 || len(w.cookie) == 0) {
		err = fmt.Errorf("answer %d, cookie of %d bytes", status, len(w.cookie))
	}
	if err != nil {
		return q, fmt.Errorf("%s: %w", fill, err)
	}
	q.head = fmt.Appendf(q.head, "Cookie: %s\r\n", w.cookie)
	if status, err = w.exchange(q, false); err != nil {
		return q, fmt.Errorf("%s: %w", s.path, err)
	}
	if status != 200 || !same(s.want, w.body.Bytes()) {
		return q, fmt.Errorf("%s answers %d %.300q, and not %.300q", s.path, status, w.body.Bytes(), s.want)
	}
	q.answer = bytes.Clone(w.body.Bytes())
	return q, nil
}

func redisAnswers(ctx context.Context) error {
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "tcp", redisAddress)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	answer := make([]byte, 5)
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	if _, err := conn.Read(answer); err != nil {
		return err
	}
	if string(answer) != "+PONG" {
		return errors.New("it does not answer PING")
	}
	return nil
}

// scratchDatabase makes a database that remove drops.
func scratchDatabase(ctx context.Context) (address string, remove func(), err error) {
	conn, err := pgx.Connect(ctx, fmt.Sprintf(postgresAddress, "postgres"))
	if err != nil {
		return "", nil, errors.New("no server answers on its default port as user postgres")
	}
	name := fmt.Sprintf("nflow_capacity_%d", os.Getpid())
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		conn.Close(ctx) //nolint:errcheck // the other error says more
		return "", nil, err
	}
	return fmt.Sprintf(postgresAddress, name), func() {
		ctx := context.WithoutCancel(ctx)
		if _, err := conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			fmt.Fprintf(os.Stderr, "the database %s stays: %v\n", name, err)
		}
		conn.Close(ctx) //nolint:errcheck // all was done
	}, nil
}
