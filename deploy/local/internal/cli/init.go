package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/deploy/local/internal/setup"
	"github.com/refersuite/refersuite/deploy/local/internal/suite"
)

type initCommand struct {
	Dir        string        `required:"" type:"path" help:"Folder for the keys; what is in it already stays."`
	MongoDBURI string        `env:"MONGODB_URI" name:"mongodb-uri" help:"MongoDB whose replica set is initiated when it has none; empty leaves that out."`
	Timeout    time.Duration `default:"2m" help:"How long to wait for a primary."`
}

// Run makes what a deployment needs before its services start.
func (c initCommand) Run(ctx context.Context, env *environment) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if err := setup.Keys(c.Dir, append([]string{"gateway"}, suite.Names...)); err != nil {
		return err
	}
	if c.MongoDBURI != "" {
		if err := setup.ReplicaSet(ctx, c.MongoDBURI, env.clock); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(env.stdout, "ready: the keys are in", c.Dir)
	return err
}
