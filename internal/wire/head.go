package wire

import (
	"net/http"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// What the head of a response may hold. Servers in front of the runtime, and browsers, take no more.
const (
	maxHeadBytes   = 64 << 10 // names and values together
	maxHeadValues  = 256      // headers, counted by value
	maxHeadCookies = 64       // Set-Cookie headers among them
)

// CheckHead returns a fault of kind Script where a response has more headers than clients take.
func CheckHead(h http.Header) error {
	bytes, values := 0, 0
	for name, list := range h {
		values += len(list)
		for _, v := range list {
			bytes += len(name) + len(v) + len(": \r\n")
		}
	}
	switch {
	case len(h["Set-Cookie"]) > maxHeadCookies:
		return fault.New(fault.Script, "the response sets more than %d cookies", maxHeadCookies)
	case values > maxHeadValues:
		return fault.New(fault.Script, "the response has more than %d headers", maxHeadValues)
	case bytes > maxHeadBytes:
		return fault.New(fault.Script, "the headers of the response are larger than %d KiB", maxHeadBytes>>10)
	}
	return nil
}
