package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/plugins"
)

// rates is the plugin: what money of one currency is in another. Many runs call it at once; after Start it only reads.
type rates struct{ perEuro map[string]float64 }

func (p *rates) Name() string { return "rates" } // its section is [plugin.rates]

// Start reads the section, as in: USD = 1.08. An error keeps the runtime from starting.
func (p *rates) Start(_ context.Context, env plugins.Env) error {
	p.perEuro = map[string]float64{"EUR": 1}
	for currency, v := range env.Config {
		rate, ok := v.(float64)
		if !ok || rate <= 0 {
			return fmt.Errorf("%s must be a positive number, as in %s = 1.08", currency, currency)
		}
		p.perEuro[currency] = rate
	}
	env.Log.Info("rates are known", "currencies", len(p.perEuro)) // carries the plugin's name
	return nil
}

// Functions adds the global name convert to flow code.
func (p *rates) Functions() []plugins.Function {
	return []plugins.Function{{
		Name: "convert", Sig: "convert(amount, from, to)",
		Doc:     "Converts an amount of one currency into another. Throws for a currency that [plugin.rates] does not name.",
		Example: `payload.euros = convert(10, "EUR", "EUR")`,
		Bind: plugins.Func(func(r plugins.Run, call goja.FunctionCall) goja.Value {
			from, to := call.Argument(1).String(), call.Argument(2).String()
			amount, err := p.convert(r.Context(), call.Argument(0).ToFloat(), from, to) // the context ends with the run
			if err != nil {
				r.Throw(err) // an Error in the script, with the line and the stack of its author
			}
			r.Log().Debug("converted", "from", from, "to", to) // carries wid, flow and node
			return r.VM().ToValue(amount)
		}),
	}}
}

// settings are what an author fills in at a node of type convert-money; the names of their keys are in any case.
type settings struct{ Field, From, To string }

// Steps adds the type convert-money to the designer's nodes.
func (p *rates) Steps() []plugins.StepType {
	return []plugins.StepType{plugins.NewStep("convert-money", "Converts the amount in a field of the payload.", p.step)}
}

func (p *rates) step(ctx context.Context, s settings, payload map[string]any) (string, map[string]any, error) {
	amount, err := strconv.ParseFloat(fmt.Sprint(payload[s.Field]), 64)
	if err != nil {
		return "output_2", payload, nil // no amount there is no failure: the node has an output for it
	}
	payload[s.Field], err = p.convert(ctx, amount, s.From, s.To)
	return "output_1", payload, err
}

func (p *rates) convert(ctx context.Context, amount float64, from, to string) (float64, error) {
	a, knownFrom := p.perEuro[from]
	b, knownTo := p.perEuro[to]
	if !knownFrom || !knownTo {
		return 0, fmt.Errorf("convert: no rate from %.8q to %.8q: check [plugin.rates]", from, to)
	}
	return amount / a * b, context.Cause(ctx) // a plugin that waits for a service passes ctx on to it
}
