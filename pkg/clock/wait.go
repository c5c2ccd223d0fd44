package clock

import (
	"context"
	"time"
)

// Wait blocks for d, or until ctx ends, in which case it returns the context's error.
func Wait(ctx context.Context, c Clock, d time.Duration) error {
	timer := c.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
