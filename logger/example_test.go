package logger_test

import (
	"fmt"

	"github.com/arturoeanton/nflow-runtime/logger"
)

// A Masker hides secrets in whatever is written down; engine.Options.Mask takes one.
func ExampleMasker() {
	m, err := logger.NewMasker(logger.MaskOptions{Secrets: []string{"s3cr3t-token"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	m.AddSecret("of-a-flow-12")
	fmt.Println(m.Mask("GET /?token=s3cr3t-token and of-a-flow-12"))
	// Output: GET /?token=******** and ********
}
