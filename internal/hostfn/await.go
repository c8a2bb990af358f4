package hostfn

import "context"

// Await runs f on a goroutine of its own and returns when f does or when ctx is done, whichever comes first: then its
// result is the cause of ctx. It is for clients that do not notice the end of a context at once.
//
// f continues alone after that, so it must give back what it holds itself, end by the same ctx sooner or later, and touch
// nothing that the caller uses again.
func Await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		value, err := f()
		done <- answer{value, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
