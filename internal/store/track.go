package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
)

// Widths of tracker columns, in characters.
const (
	maxIP        = 128
	maxUserAgent = 800
	maxHost      = 500
)

// Track implements [Store].
func (b *Base) Track(ctx context.Context, rows []TrackRow) error {
	if len(rows) == 0 {
		return nil
	}
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, b.query(QueryInsertLog))
		if err != nil {
			return err
		}
		defer insert.Close()
		for i := range rows {
			r := &rows[i]
			_, err := insert.ExecContext(ctx, clean(r.LogID), clean(r.BoxID), clean(r.BoxName), clean(r.BoxType),
				clean(r.URL), clean(r.Username), clean(r.ConnectionNext), clean(r.Duration), strconv.Itoa(r.OrderBox),
				clean(r.Payload), cut(r.IP, maxIP), cut(r.RealIP, maxIP), cut(r.UserAgent, maxUserAgent),
				clean(r.QueryParam), cut(r.Hostname, maxHost), cut(r.Host, maxHost))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return failed(err, "writing %d tracker rows", len(rows))
}

// clean makes a text that every database takes: one bad header must not cost a whole batch.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// cut is clean, and at most n characters long.
func cut(s string, n int) string { return clip.Chars(clean(s), n) }
