package sqldb

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
)

// TestAnswersAreRecorded: each type of a database comes out of a recording as it was.
func TestAnswersAreRecorded(t *testing.T) {
	t.Parallel()
	want := &answer{columns: []string{"a", "b"}, affected: 3, lastID: math.MaxInt64, values: [][]any{
		{nil, true},
		{int64(math.MinInt64), uint64(math.MaxUint64)},
		{1.5, math.Inf(-1)},
		{"text", ""},
		{[]byte{0, 255}, []byte{}},
		{time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), document(`{"a":1}`)},
		{[]any{int64(1), nil, []any{"x"}}, []any{}},
	}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := &answer{}
	if err := json.Unmarshal(text, got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n got %#v\nwant %#v", err, got, want)
	}
}
