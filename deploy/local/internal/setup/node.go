package setup

import "context"

// commands runs a command on the database admin of one node and decodes its answer.
type commands func(ctx context.Context, command, answer any) error

var _ node = commands(nil)

// member is one node in the configuration of a replica set.
type member struct {
	ID   int    `json:"_id"`
	Host string `json:"host"`
}

// configuration is that of a replica set.
type configuration struct {
	ID      string   `json:"_id"`
	Version int      `json:"version"`
	Members []member `json:"members"`
}

// Hello implements node.
func (run commands) Hello(ctx context.Context) (hello, error) {
	var state hello
	err := run(ctx, map[string]any{"hello": 1}, &state)
	return state, err
}

// Initiate implements node.
func (run commands) Initiate(ctx context.Context, set, host string) error {
	config := configuration{ID: set, Version: 1, Members: []member{{ID: 0, Host: host}}}
	var nothing struct{}
	return run(ctx, map[string]any{"replSetInitiate": config}, &nothing)
}
