package suite

import (
	"context"
	"errors"
	"fmt"

	"github.com/refersuite/refersuite/gateway"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/service"
)

// startGateway serves REST and the gRPC edge in front of the services. Pages of any origin may call it, as fits a suite
// that listens on one machine, unless the settings say otherwise.
func startGateway(ctx context.Context, s *Suite) (*unit, error) {
	own := map[string]string{}
	for name, variable := range map[string]string{
		"referral": "REFERRAL_ADDR", "wallet": "WALLET_ADDR", "tier": "TIER_ADDR", "fraud": "FRAUD_ADDR",
		"leaderboard": "LEADERBOARD_ADDR",
	} {
		own[variable] = s.open.address(name)
	}
	if s.shared.options.Environ["CORS_ALLOWED_ORIGINS"] == "" {
		own["CORS_ALLOWED_ORIGINS"] = "*"
	}
	cfg, err := config.LoadFrom[gateway.Config](s.shared.options.environ(own))
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	parts, err := s.shared.parts(ctx, "gateway")
	if err != nil {
		return nil, err
	}
	parts.Mongo = nil // the edge keeps nothing
	rt, err := service.Build(ctx, "gateway", cfg.Shared(), parts)
	if err != nil {
		return nil, err
	}
	edge, err := gateway.New(ctx, cfg, gateway.Deps{Runtime: rt})
	if err != nil {
		return nil, errors.Join(err, rt.Close(context.WithoutCancel(ctx)))
	}
	return launch(ctx, "gateway", func(ctx context.Context) error {
		err := edge.Serve(ctx, gateway.Listeners{HTTP: s.open[restListener], GRPC: s.open[edgeListener]})
		return errors.Join(err, rt.Close(context.WithoutCancel(ctx)))
	}), nil
}
