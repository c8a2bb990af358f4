package process_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/arturoeanton/nflow-runtime/process"
)

// run is what stands behind a process; the engine has its own.
type run struct{}

// Kill ends the run.
func (run) Kill(cause error) { fmt.Println("ends because", cause) }

// Check is called while the run lives.
func (run) Check(time.Time) {}

// A live run is found by its id, looked at, and killed.
func ExampleRepository_Kill() {
	runs := process.NewRepository() // engine.Runtime.Processes in a program
	p := &process.Process{UUID: "7c1d", App: "shop", Flow: "Orders", Type: "http", Killeable: true}
	p.Connect(run{})
	runs.Add(p)
	for _, info := range runs.List() {
		fmt.Println(info.Wid, info.App, info.Flow)
	}
	fmt.Println(runs.Kill("7c1d", errors.New("the order was cancelled")), runs.Kill("unknown", process.ErrKilled))
	runs.Remove(p)
	fmt.Println(runs.Live(), "live,", runs.Total(), "in all")
	// Output:
	// 7c1d shop Orders
	// ends because the order was cancelled
	// true false
	// 0 live, 1 in all
}
