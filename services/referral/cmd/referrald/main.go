// Referrald runs the referral service.
package main

import (
	"context"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/referral"
)

// version is set when a release is linked.
var version = "dev"

func main() {
	service.Main("referral", version, func(ctx context.Context, cfg referral.Config, rt *service.Runtime) (service.Service, error) {
		return referral.New(ctx, cfg, rt)
	})
}
