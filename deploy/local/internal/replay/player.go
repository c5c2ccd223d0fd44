package replay

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
)

// Player sends the scripts of a file of invitations with a bounded number of workers.
type Player struct {
	// Referrals is the service that is called.
	Referrals referralv1.ReferralServiceClient
	// Clock paces the repetition of requests that were not answered.
	Clock clock.Clock
	// Options say how the file is played.
	Options Options
	// Played is called once for each referral that was played, from any goroutine.
	Played func()

	repeated, completed atomic.Int64
}

// Play sends everything and returns once each request was answered. A request that gets no answer is repeated until it
// does, for Options.GiveUpAfter at most.
func (p *Player) Play(ctx context.Context, invitations []Invitation) error {
	group, ctx := errgroup.WithContext(ctx)
	positions := make(chan int)
	group.Go(func() error {
		defer close(positions)
		for i := range invitations {
			select {
			case positions <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range p.Options.Workers {
		group.Go(func() error {
			for i := range positions {
				if err := p.playOne(ctx, newScript(p.Options, i, invitations[i])); err != nil {
					return fmt.Errorf("invitation of %s by %s: %w", invitations[i].Invitee, invitations[i].Inviter, err)
				}
				p.Played()
			}
			return nil
		})
	}
	return group.Wait()
}

// Completed returns how many referrals were COMPLETED in the answer to their last event.
func (p *Player) Completed() int64 { return p.completed.Load() }

// Repeated returns how many requests were sent again because they were not answered.
func (p *Player) Repeated() int64 { return p.repeated.Load() }

func (p *Player) playOne(ctx context.Context, s script) error {
	err := p.send(ctx, s.twice[0], func(ctx context.Context) error {
		_, err := p.Referrals.CreateReferral(ctx, s.create)
		return err
	})
	if err != nil {
		return fmt.Errorf("create the referral: %w", err)
	}
	var last atomic.Pointer[referralv1.Referral]
	for i, event := range s.events {
		err := p.send(ctx, s.twice[i+1], func(ctx context.Context) error {
			answer, err := p.Referrals.RecordEvent(ctx, event)
			last.Store(answer.GetReferral())
			return err
		})
		if err != nil {
			return fmt.Errorf("record event %s: %w", event.GetEventId(), err)
		}
	}
	if last.Load().GetStatus() == referralv1.ReferralStatus_REFERRAL_STATUS_COMPLETED {
		p.completed.Add(1)
	}
	return nil
}

// send makes the call, a second time at the same moment when twice is set, and repeats what was not answered.
func (p *Player) send(ctx context.Context, twice bool, call func(context.Context) error) error {
	if !twice {
		return p.insist(ctx, call)
	}
	group, ctx := errgroup.WithContext(ctx)
	for range 2 {
		group.Go(func() error { return p.insist(ctx, call) })
	}
	return group.Wait()
}

const (
	firstPause = 20 * time.Millisecond
	maxPause   = 2 * time.Second
)

func (p *Player) insist(ctx context.Context, call func(context.Context) error) error {
	giveUp := p.Clock.Now().Add(p.Options.GiveUpAfter)
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := call(ctx)
		if err == nil || !errs.IsTransient(err) || p.Clock.Now().After(giveUp) {
			return err
		}
		p.repeated.Add(1)
		if err := clock.Wait(ctx, p.Clock, pause); err != nil {
			return err
		}
	}
}
