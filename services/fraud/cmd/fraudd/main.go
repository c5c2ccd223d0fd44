// Fraudd runs the fraud service.
package main

import (
	"context"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/fraud"
)

// version is set when a release is linked.
var version = "dev"

func main() {
	service.Main(fraud.Name, version, func(ctx context.Context, cfg fraud.Config, rt *service.Runtime) (service.Service, error) {
		return fraud.New(ctx, cfg, rt)
	})
}
