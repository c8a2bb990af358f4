package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
)

func (s *shell) types() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "types",
		Short: "Print the names that flow code may use",
		Long: `Print the names that flow code may use: as TypeScript declarations for an editor, as a manual, or as a list of words. All
three come from the table that running flows use.`,
		Example: `  nflow-runtime types > nflow.d.ts
  nflow-runtime types --format markdown > javascript-api.md
  nflow-runtime types --format words`,
		Args: named(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.settings()
			if err != nil {
				return err
			}
			linter, err := s.linter(cmd.Context(), c)
			if err != nil {
				return err
			}
			defer linter.close(cmd.Context())
			entries, err := linter.rt.Describe()
			if err != nil {
				return err
			}
			switch format {
			case "ts":
				_, err = fmt.Fprint(s.out, jsapi.TypeScript(entries))
			case "markdown":
				_, err = fmt.Fprint(s.out, jsapi.Markdown(entries))
			case "words":
				return s.json(map[string][]string{"js_words": jsapi.Words(entries)})
			default:
				return misused(cmd, "--format %.40q is not accepted: want ts, markdown or words", format)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", "ts", "output `format`: ts, markdown or words")
	return cmd
}
