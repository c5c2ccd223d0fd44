// Leaderboardd runs the leaderboard service.
package main

import (
	"context"

	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/leaderboard"
)

// version is set when a release is linked.
var version = "dev"

func main() {
	service.Main(leaderboard.Name, version,
		func(ctx context.Context, cfg leaderboard.Config, rt *service.Runtime) (service.Service, error) {
			return leaderboard.New(ctx, cfg, rt)
		})
}
