package suite

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/services/fraud"
	"github.com/refersuite/refersuite/services/leaderboard"
	"github.com/refersuite/refersuite/services/referral"
	"github.com/refersuite/refersuite/services/tier"
	"github.com/refersuite/refersuite/services/wallet"
)

// unit is one part of the suite that runs until it is stopped.
type unit struct {
	name  string
	stop  context.CancelFunc
	ended chan struct{}
	err   error
}

// launch runs a part in a goroutine of its own. Its context carries the values of ctx and ends only with stop, so that the
// parts can be stopped one after the other.
func launch(ctx context.Context, name string, run func(context.Context) error) *unit {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	u := &unit{name: name, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(u.ended)
		if err := run(ctx); err != nil {
			u.err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	return u
}

// startService builds the runtime of a service, wires it and serves it on its listener.
func startService[C service.Configured, S service.Service](
	ctx context.Context, s *shared, name string, own map[string]string, listener net.Listener,
	build func(context.Context, C, *service.Runtime) (S, error),
) (*unit, error) {
	own["MONGODB_DATABASE"] = s.options.database(name)
	cfg, err := config.LoadFrom[C](s.options.environ(own))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	parts, err := s.parts(ctx, name)
	if err != nil {
		return nil, err
	}
	rt, err := service.Build(ctx, name, cfg.Shared(), parts)
	if err != nil {
		return nil, err
	}
	svc, err := build(ctx, cfg, rt)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), rt.Close(context.WithoutCancel(ctx)))
	}
	return launch(ctx, name, func(ctx context.Context) error {
		err := service.Serve(ctx, cfg.Shared(), rt, svc, listener)
		return errors.Join(err, rt.Close(context.WithoutCancel(ctx)))
	}), nil
}

// startNamed starts the service of that name.
func startNamed(ctx context.Context, s *shared, name string, open listeners) (*unit, error) {
	own := map[string]string{}
	switch name {
	case "leaderboard":
		return startService(ctx, s, name, own, open[name], leaderboard.New)
	case "fraud":
		if s.options.Environ["FRAUD_HASH_KEY"] == "" && s.options.Environ["FRAUD_HASH_KEY_FILE"] == "" {
			key, err := s.secret("FRAUD_HASH_KEY")
			if err != nil {
				return nil, err
			}
			own["FRAUD_HASH_KEY"] = key
		}
		return startService(ctx, s, name, own, open[name], fraud.New)
	case "wallet":
		return startService(ctx, s, name, own, open[name], wallet.New)
	case "tier":
		return startService(ctx, s, name, own, open[name], tier.New)
	case "referral":
		own["WALLET_ADDR"], own["TIER_ADDR"] = open.address("wallet"), open.address("tier")
		own["FRAUD_ADDR"], own["LEADERBOARD_ADDR"] = open.address("fraud"), open.address("leaderboard")
		return startService(ctx, s, name, own, open[name], referral.New)
	default:
		return nil, fmt.Errorf("there is no service %q", name)
	}
}
