// Package history keeps what runs did: the Recorder writes runs with their visits, as far as their policies ask, and
// counts the visits of nodes; the Tracker fills nFlow's table tracker. Neither ever makes a run wait: what the writers
// cannot take is dropped and counted.
//
// The engine calls it at a run's begin, after each node and at its end. It knows graphs, whose nodes it refers to, and
// the store's rows, but neither the engine nor databases.
package history
