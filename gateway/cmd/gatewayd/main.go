// Command gatewayd serves the edge of the suite. Its settings come from the environment; see the README beside it.
package main

import (
	"context"

	"github.com/refersuite/refersuite/gateway"
	"github.com/refersuite/refersuite/pkg/service"
)

var version = "dev" // set by the build

func main() {
	service.Process("gateway", version, func(ctx context.Context, cfg gateway.Config, rt *service.Runtime) error {
		edge, err := gateway.New(ctx, cfg, gateway.Deps{Runtime: rt})
		if err != nil {
			return err
		}
		return edge.Run(ctx)
	})
}
