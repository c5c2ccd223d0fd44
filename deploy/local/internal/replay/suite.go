package replay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/errs"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// Suite is the running suite that a replay talks to.
type Suite struct {
	Referrals referralv1.ReferralServiceClient
	Wallet    walletv1.WalletServiceClient
	Tiers     tierv1.TierServiceClient
	// Operations are those of each service, by its name.
	Operations map[string]commonv1.OperationsServiceClient
}

// Publish makes the replay's programme: the default ladder without hold, so that everything is paid at once. It is
// repeated while the suite does not answer.
func (s Suite) Publish(ctx context.Context, clk clock.Clock, o Options) error {
	terms := &referralv1.Terms{HoldPeriod: durationpb.New(0)}
	if o.RefereeReward > 0 {
		terms.StageRewards = []*referralv1.StageReward{{
			Stage: referralv1.Stage_STAGE_COMPLETED, Side: referralv1.Side_SIDE_REFEREE, AmountMinor: o.RefereeReward,
		}}
	}
	p := Player{Clock: clk, Options: o}
	err := p.insist(ctx, func(ctx context.Context) error {
		_, err := s.Referrals.CreateProgram(ctx, &referralv1.CreateProgramRequest{ProgramId: o.ProgramID, Name: "Replay", Terms: terms})
		return err
	})
	if err != nil {
		return fmt.Errorf("create programme %s: %w", o.ProgramID, err)
	}
	err = p.insist(ctx, func(ctx context.Context) error {
		_, err := s.Referrals.PublishProgram(ctx, &referralv1.PublishProgramRequest{ProgramId: o.ProgramID, Terms: terms})
		return err
	})
	if err != nil {
		return fmt.Errorf("publish programme %s: %w", o.ProgramID, err)
	}
	return nil
}

const drainPoll = 50 * time.Millisecond

// Drain waits until no service has a command to deliver and returns how many are left when it gives up: those parked, or
// those that are still pending after patience without any progress.
func (s Suite) Drain(ctx context.Context, clk clock.Clock, patience time.Duration) (int64, error) {
	least, since := int64(-1), clk.Now()
	for {
		pending, parked, err := s.backlog(ctx)
		switch {
		case err != nil && !errs.IsTransient(err):
			return 0, err
		case err == nil && pending == 0:
			return parked, nil
		case err == nil && (least < 0 || pending < least):
			least, since = pending, clk.Now()
		case clk.Now().Sub(since) > patience:
			return pending + parked, err
		}
		if err := clock.Wait(ctx, clk, drainPoll); err != nil {
			return 0, err
		}
	}
}

func (s Suite) backlog(ctx context.Context) (pending, parked int64, err error) {
	for name, operations := range s.Operations {
		answer, err := operations.GetBacklog(ctx, &commonv1.GetBacklogRequest{Service: name})
		if err != nil {
			return 0, 0, fmt.Errorf("backlog of %s: %w", name, err)
		}
		pending += answer.GetPending()
		parked += answer.GetParked()
	}
	return pending, parked, nil
}

// Audit fills in the report what only the whole ledger can tell.
func (s Suite) Audit(ctx context.Context, o Options, report *Report) error {
	ctx, cancel := context.WithTimeout(ctx, auditTimeout)
	defer cancel()
	ledger, err := s.Wallet.Reconcile(ctx, &walletv1.ReconcileRequest{})
	if err != nil {
		return fmt.Errorf("reconcile the ledger: %w", err)
	}
	report.ZeroSum, report.ChainsVerified, report.Postings = ledger.GetZeroSum(), ledger.GetVerified(), ledger.GetPostings()
	for _, totals := range ledger.GetCurrencies() {
		report.RewardsMinor += totals.GetReferrerRewardsMinor()
		report.RefereeRewardsMinor += totals.GetRefereeRewardsMinor()
		report.BonusesMinor += totals.GetBonusesMinor()
	}
	names := make([]string, 0, len(s.Operations))
	for name := range s.Operations {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		chains, err := s.Operations[name].VerifyChains(ctx, &commonv1.VerifyChainsRequest{Service: name})
		if err != nil {
			return fmt.Errorf("verify the chains of %s: %w", name, err)
		}
		report.ChainsVerified = report.ChainsVerified && chains.GetVerified()
	}
	tiers, err := s.Tiers.CountMembers(ctx, &tierv1.CountMembersRequest{ProgramId: o.ProgramID})
	if err != nil {
		return fmt.Errorf("count the members: %w", err)
	}
	report.Tiers = tiers.GetMembers()
	return nil
}
