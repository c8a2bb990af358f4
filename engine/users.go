package engine

import (
	"context"
	"errors"
	"net/http"

	"github.com/arturoeanton/nflow-runtime/store"
)

// users shows scripts the accounts as plain data, never a hash.
type users struct{ rt *Runtime }

func (u users) ValidateUser(ctx context.Context, name, password, address string) (bool, error) {
	return u.rt.accounts.ValidateUser(ctx, name, password, address)
}

// GetUser returns nil for an unknown user.
func (u users) GetUser(ctx context.Context, name string) (map[string]any, error) {
	user, err := u.rt.accounts.GetUser(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{"id": user.ID, "username": user.Username, "rol": user.Role, "active": user.Active}, nil
}

func (u users) ValidateToken(ctx context.Context, name string, h http.Header) (bool, error) {
	return u.rt.accounts.ValidateToken(ctx, name, h, u.rt.clock.Now())
}

// GetToken returns nil when there is no token of that name.
func (u users) GetToken(ctx context.Context, name string) ([]map[string]any, error) {
	tokens, err := u.rt.accounts.GetToken(ctx, name)
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	rows := make([]map[string]any, len(tokens))
	for i, t := range tokens {
		rows[i] = map[string]any{
			"id": t.ID, "name": t.Name, "token": t.Token, "start": optional(t.Start), "expired": optional(t.Expired),
			"active": t.Active, "header": t.Header, "tokenType": t.Type,
		}
	}
	return rows, nil
}

func optional(v *int64) any {
	if v == nil {
		return nil
	}
	return *v
}
