package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/textproto"
	"regexp"
	"strings"
	"syscall"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/netpolicy"
)

// timeout is for one delivery, from looking up the name on.
const timeout = 60 * time.Second

var hostName = regexp.MustCompile(`^[0-9A-Za-z._:-]+$`)

const maxHostName = 253 // bytes

// server is a mail server and the login for it. It does not change once made.
type server struct {
	host     string
	port     int
	user     string
	password string
	from     *mail.Address // nil for none
	useTLS   bool
	roots    *x509.CertPool
	guard    *netpolicy.Dialer // nil for the server of [mail], which may be anywhere
}

// deliver sends a mail to the server. When ctx ends it returns its cause at once.
func (s *server) deliver(ctx context.Context, l *composed) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	client, err := s.client(limited)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(limited, l.msg)
	switch {
	case l.msg.IsDelivered(): // what fails later is the farewell
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}

// client makes a client for one delivery within ctx.
func (s *server) client(ctx context.Context) (*gomail.Client, error) {
	config := &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
	submission := s.port == 587 || s.port == 25
	policy := gomail.TLSOpportunistic
	if s.useTLS && submission {
		policy = gomail.TLSMandatory
	}
	implicit := s.port == 465 || s.useTLS && !submission
	opts := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(timeout), gomail.WithTLSConfig(config), gomail.WithTLSPolicy(policy),
		gomail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			conn, err := s.dial(dialing, network, address)
			if err != nil {
				return nil, err
			}
			context.AfterFunc(ctx, func() { _ = conn.Close() }) // the library looks at its context while it dials only
			if !implicit {
				return conn, nil
			}
			secure := tls.Client(conn, config)
			if err := secure.HandshakeContext(dialing); err != nil {
				_ = conn.Close()
				return nil, err
			}
			return secure, nil
		}),
	}
	if s.password != "" {
		opts = append(opts, s.login()...)
	}
	return gomail.NewClient(s.host, opts...)
}

func (s *server) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.guard != nil {
		return s.guard.DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// login chooses the ways to log in: the strongest that is offered, a readable password only over TLS or inside the
// machine.
func (s *server) login() []gomail.Option {
	user := s.user
	if user == "" && s.from != nil {
		user = s.from.Address
	}
	opts := []gomail.Option{gomail.WithUsername(user), gomail.WithPassword(s.password)}
	if !loopback(s.host) {
		return append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	return append(opts, gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1,
		gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc))
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// explain makes the error that the flow's author and the log see: what to repair, without addresses. What the server said
// is its cause.
func explain(j *job, err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok { // of the dialer, or the run is over
		return f
	}
	if errors.Is(err, context.Canceled) {
		return fault.Wrap(fault.Killed, err, "%s: ended before the mail was sent", j.fn)
	}
	where := "[mail]"
	if j.server.guard != nil {
		where = "mail_config"
	}
	say := func(kind fault.Kind, format string, args ...any) error {
		return &fault.Error{Kind: kind, Text: j.fn + ": " + fmt.Sprintf(format, args...), Cause: redacted{err, j.server.password}}
	}
	var timed net.Error
	if send, ok := errors.AsType[*gomail.SendError](err); ok && send.ErrorCode() != 0 {
		return say(fault.Unavailable, "the mail server refused the %s (code %d)", stage(send.Reason), send.ErrorCode())
	}
	protocol, _ := errors.AsType[*textproto.Error](err)
	switch {
	case protocol != nil && (protocol.Code == 534 || protocol.Code == 535 || protocol.Code == 454):
		return say(fault.Unavailable, "the mail server does not accept user and password of %s", where)
	case noLogin(err):
		return say(fault.Unavailable, "the mail server offers no safe way to log in: it needs TLS, or no password in %s", where)
	case protocol != nil:
		return say(fault.Unavailable, "the mail server refused the connection (code %d)", protocol.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timed) && timed.Timeout():
		return say(fault.Unavailable, "the mail server of %s did not answer in time", where)
	case isType[*tls.CertificateVerificationError](err):
		return say(fault.Unavailable, "the certificate of the mail server of %s is not trusted", where)
	case isType[tls.RecordHeaderError](err):
		return say(fault.Unavailable, "the mail server does not speak TLS on port %d: set [mail] use_tls or the port to match", j.server.port)
	case isType[*net.DNSError](err):
		return say(fault.Unavailable, "the mail server of %s cannot be found", where)
	case errors.Is(err, syscall.ECONNREFUSED):
		return say(fault.Unavailable, "the mail server of %s refuses connections on port %d", where, j.server.port)
	}
	return say(fault.Unavailable, "the mail could not be delivered to the mail server of %s", where)
}

func isType[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// noLogin reports whether a server offers no way to log in that may be used.
func noLogin(err error) bool {
	return errors.Is(err, gomail.ErrNoSupportedAuthDiscovered) || strings.Contains(err.Error(), "does not support SMTP AUTH")
}

// stage names what a server refused.
func stage(reason gomail.SendErrReason) string {
	switch reason {
	case gomail.ErrSMTPMailFrom:
		return "sender"
	case gomail.ErrSMTPRcptTo:
		return "recipients"
	}
	return "mail"
}

// redacted keeps a password out of logs, should a server repeat it.
type redacted struct {
	error
	password string
}

func (e redacted) Error() string {
	if e.password == "" {
		return e.error.Error()
	}
	return strings.ReplaceAll(e.error.Error(), e.password, "***")
}
func (e redacted) Unwrap() error { return e.error }
