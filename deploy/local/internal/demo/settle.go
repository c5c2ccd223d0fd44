package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

// services are those that tell their backlog.
var services = []string{"referral", "wallet", "tier", "fraud", "leaderboard"}

const (
	// patience is how long the demo waits for commands to be delivered.
	patience = 60 * time.Second
	// glance is the time between two looks.
	glance = 25 * time.Millisecond
)

// settle waits until no service has a command to deliver. A change stores its commands in the same write, so none can be
// missed between the change and the look.
func (s *story) settle(ctx context.Context) error {
	deadline := s.clock.Now().Add(patience)
	for {
		waiting := int64(0)
		for _, service := range services {
			b, err := s.api.backlog(ctx, service)
			if err != nil {
				return err
			}
			waiting += b.Pending
		}
		if waiting == 0 {
			return nil
		}
		if !s.clock.Now().Before(deadline) {
			return fmt.Errorf("%d commands are still pending after %s: look at /v1/operations/referral/backlog", waiting, patience)
		}
		if err := clock.Wait(ctx, s.clock, glance); err != nil {
			return err
		}
	}
}
