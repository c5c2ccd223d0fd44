package referral

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

// closeTimeout bounds how long the end waits for writes under way.
const closeTimeout = 20 * time.Second

// Run delivers commands and sweeps expired referrals until ctx ends, then waits for both and closes what New opened.
func (s *Service) Run(ctx context.Context) error {
	var work sync.WaitGroup
	work.Go(func() { s.sweep(ctx) })
	err := s.relay.Run(ctx)
	work.Wait()
	return errors.Join(err, s.close(ctx))
}

// close ends the writers of the stores. It outlives ctx, which has ended by then.
func (s *Service) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	return errors.Join(s.editions.Close(ctx), s.stores.close(ctx))
}

// sweep moves what ran out of time to EXPIRED, again and again.
func (s *Service) sweep(ctx context.Context) {
	for clock.Wait(ctx, s.rt.Clock, s.work.SweepInterval) == nil {
		expired, err := s.referrals.Sweep(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.rt.Logger.WarnContext(ctx, "the sweep of expired referrals stopped; it goes on with the next", slog.Any("error", err))
		case expired > 0:
			s.rt.Logger.InfoContext(ctx, "referrals expired", slog.Int64("expired", expired))
		}
	}
}
