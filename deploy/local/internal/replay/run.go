package replay

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
)

// Run is one replay from the programme to the report.
type Run struct {
	Suite       Suite
	Clock       clock.Clock
	Options     Options
	Invitations []Invitation
	// Played is called once for each referral that was played, from any goroutine.
	Played func()
}

// Do publishes the programme, plays the invitations, waits until no command is pending and audits the ledger. Everything
// it sends may be sent again, so a replay that was cut off is finished by doing it once more.
func (r Run) Do(ctx context.Context) (Report, error) {
	if err := r.Suite.Publish(ctx, r.Clock, r.Options); err != nil {
		return Report{}, err
	}
	elapsed := clock.Stopwatch()
	player := &Player{Referrals: r.Suite.Referrals, Clock: r.Clock, Options: r.Options, Played: r.Played}
	if err := player.Play(ctx, r.Invitations); err != nil {
		return Report{}, err
	}
	pending, err := r.Suite.Drain(ctx, r.Clock, r.Options.GiveUpAfter)
	if err != nil {
		return Report{}, fmt.Errorf("wait for the commands that are pending: %w", err)
	}
	report := Report{
		ReferralsCompleted: player.Completed(),
		PendingCommands:    pending,
		RepeatedRequests:   player.Repeated(),
		ElapsedSeconds:     rounded(elapsed().Seconds()),
	}
	if report.ElapsedSeconds > 0 {
		report.ReferralsPerSecond = rounded(float64(len(r.Invitations)) / report.ElapsedSeconds)
	}
	report.PeakMemoryBytes = peakMemory()
	return report, r.Suite.Audit(ctx, r.Options, &report)
}

func rounded(x float64) float64 { return math.Round(x*100) / 100 }

// auditTimeout bounds the walk over the whole ledger and all chains.
const auditTimeout = 5 * time.Minute
