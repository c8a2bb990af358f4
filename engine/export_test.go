package engine

import "context"

// ResetDefault ends what the package-level functions work on, so that an example can start from nothing.
func ResetDefault() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if rt := Default(); rt != nil {
		rt.Close(ctx)
	}
	standard.mu.Lock()
	defer standard.mu.Unlock()
	if standard.store != nil {
		standard.store.Close()
	}
	standard.config, standard.store, standard.runtime = ConfigWorkspace{}, nil, nil
	standard.steps, standard.plugins = map[string]Step{}, nil
}
