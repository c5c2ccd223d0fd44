// Command tierd serves the tier service.
package main

import (
	"context"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/tier"
)

// version is set by the linker.
var version = "dev"

func main() {
	service.Main(tier.Name, version, func(ctx context.Context, cfg tier.Config, rt *service.Runtime) (service.Service, error) {
		return tier.New(ctx, cfg, rt)
	})
}
