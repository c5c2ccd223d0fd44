// Command walletd serves the wallet.
package main

import (
	"context"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/wallet"
)

// version is set by the linker.
var version = "dev"

func main() {
	service.Main(wallet.Name, version, func(ctx context.Context, cfg wallet.Config, rt *service.Runtime) (service.Service, error) {
		return wallet.New(ctx, cfg, rt)
	})
}
