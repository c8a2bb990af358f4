package store

import (
	"cmp"
	"context"
	"database/sql"
	"strconv"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// noPassword is what users.password holds when nflow_credentials holds the hash: no text has it as its hash.
const noPassword = "!"

// Flags and times are written as texts: each database turns them into what the column is (boolean, number, text).
const (
	on  = "1"
	off = "0"
)

func flag(b bool) string {
	if b {
		return on
	}
	return off
}

// Users implements [Store].
func (b *Base) Users(ctx context.Context) ([]User, error) {
	var list []User
	err := b.each(ctx, `SELECT id, username, password, rol, active FROM users ORDER BY username`, nil, func(scan scanner) error {
		u, _, err := scanUser(scan)
		list = append(list, u)
		return err
	})
	return list, failed(err, "listing the users")
}

// UserWithPassword implements [Store].
func (b *Base) UserWithPassword(ctx context.Context, username string) (User, string, error) {
	return scanUser(func(dest ...any) error {
		return b.one(ctx, "user", username, b.query(QueryGetUser), dest...)
	})
}

func scanUser(scan scanner) (User, string, error) {
	var id number
	var name, password, role padded
	var active truth
	err := scan(&id, &name, &password, &role, &active)
	return User{ID: int64(id), Username: string(name), Role: string(role), Active: bool(active)}, string(password), err
}

const putCredential = `INSERT INTO nflow_credentials (username, hash) VALUES ($1, $2)
	ON CONFLICT (username) DO UPDATE SET hash = excluded.hash`

// CreateUser implements [Store].
func (b *Base) CreateUser(ctx context.Context, username, role, hash string) error {
	err := b.write(ctx, "user", func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE username = $1`, username).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Conflict, "user %q exists already; change its password with user passwd", username)
		}
		const insert = `INSERT INTO users (username, password, rol, active) VALUES ($1, $2, $3, $4)`
		if _, err := tx.ExecContext(ctx, insert, username, noPassword, role, on); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, putCredential, username, hash); err != nil {
			return err
		}
		return b.signal(ctx, tx, SignalAccounts)
	})
	return failed(err, "adding user %q", username)
}

// SetUserActive implements [Store].
func (b *Base) SetUserActive(ctx context.Context, username string, active bool) error {
	return b.changeAccount(ctx, "user", username, `UPDATE users SET active = $1 WHERE username = $2`, flag(active), username)
}

// Credential implements [Store].
func (b *Base) Credential(ctx context.Context, username string) (string, error) {
	var hash text
	err := b.one(ctx, "credential of user", username, `SELECT hash FROM nflow_credentials WHERE username = $1`, &hash)
	return string(hash), err
}

// AddCredential implements [Store].
func (b *Base) AddCredential(ctx context.Context, username, hash string) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO nflow_credentials (username, hash) VALUES ($1, $2)
			ON CONFLICT (username) DO NOTHING`, username, hash)
		return err
	})
	return failed(err, "writing the credential of user %q", username)
}

// SetPassword implements [Store].
func (b *Base) SetPassword(ctx context.Context, username, hash string) error {
	err := b.write(ctx, "user", func(tx *sql.Tx) error {
		if err := touch(ctx, tx, "user", username, `UPDATE users SET password = $1 WHERE username = $2`, noPassword, username); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, putCredential, username, hash); err != nil {
			return err
		}
		return b.signal(ctx, tx, SignalAccounts)
	})
	return failed(err, "setting the password of user %q", username)
}

// Tokens implements [Store].
func (b *Base) Tokens(ctx context.Context, name string) ([]Token, error) {
	list, err := b.tokens(ctx, b.query(QueryGetToken), name)
	return list, failed(err, "reading the tokens %q", name)
}

// AllTokens implements [Store].
func (b *Base) AllTokens(ctx context.Context) ([]Token, error) {
	list, err := b.tokens(ctx, `SELECT id, name, token, start, expired, active, header, token_type FROM api_tokens ORDER BY name, id`)
	return list, failed(err, "listing the tokens")
}

func (b *Base) tokens(ctx context.Context, query string, args ...any) ([]Token, error) {
	var list []Token
	err := b.each(ctx, query, args, func(scan scanner) error {
		var id number
		var name, token, header, kind padded
		var start, expired moment
		var active truth
		err := scan(&id, &name, &token, &start, &expired, &active, &header, &kind)
		list = append(list, Token{
			ID: int64(id), Name: string(name), Token: string(token),
			Start: start.unix, Expired: expired.unix, Active: bool(active),
			Header: cmp.Or(string(header), "Authorization"), Type: cmp.Or(string(kind), "Bearer"),
		})
		return err
	})
	return list, err
}

// AddToken implements [Store].
func (b *Base) AddToken(ctx context.Context, t Token) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO api_tokens (name, token, start, expired, active, header, token_type)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.Name, t.Token, unixText(t.Start), unixText(t.Expired), flag(t.Active),
			cmp.Or(t.Header, "Authorization"), cmp.Or(t.Type, "Bearer"))
		if err != nil {
			return err
		}
		return b.signal(ctx, tx, SignalAccounts)
	})
	return failed(err, "adding token %q", t.Name)
}

// unixText returns a time as a parameter; nil is NULL.
func unixText(unix *int64) any {
	if unix == nil {
		return nil
	}
	return strconv.FormatInt(*unix, 10)
}

// RevokeToken implements [Store].
func (b *Base) RevokeToken(ctx context.Context, name string) error {
	return b.changeAccount(ctx, "token", name, `UPDATE api_tokens SET active = $1 WHERE rtrim(name) = $2`, off, name)
}

// changeAccount is change, and notifies the other processes that accounts changed.
func (b *Base) changeAccount(ctx context.Context, what, name, query string, args ...any) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		if err := touch(ctx, tx, what, name, query, args...); err != nil {
			return err
		}
		return b.signal(ctx, tx, SignalAccounts)
	})
	return failed(err, "changing %s %q", what, name)
}
