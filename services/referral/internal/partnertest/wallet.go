package partnertest

import (
	"context"
	"fmt"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Issue implements app.Wallet.
func (p *Partners) Issue(_ context.Context, commandID string, r *domain.Referral, b domain.Body) (time.Time, error) {
	contents := fmt.Sprint(r.ProgramID, r.ID, r.ProgramVersion, b)
	return execute(p, domain.IssueReward, commandID, contents, func() (time.Time, error) {
		w := &Reward{Beneficiary: b.Beneficiary, AmountMinor: b.AmountMinor}
		if b.Hold > 0 {
			w.ReleaseAt = p.clock.Now().Add(b.Hold)
		}
		p.rewards[commandID] = w
		return w.ReleaseAt, nil
	})
}

// Release implements app.Wallet.
func (p *Partners) Release(_ context.Context, commandID string, b domain.Body) error {
	_, err := execute(p, domain.ReleaseReward, commandID, fmt.Sprint(b), func() (struct{}, error) {
		w, ok := p.rewards[b.RewardID]
		switch {
		case !ok:
			return struct{}{}, notFound("REWARD_NOT_FOUND", b.RewardID)
		case w.Reversed:
			return struct{}{}, errs.New(errs.FailedPrecondition, "REWARD_REVERSED", "%s was reversed", b.RewardID)
		case p.clock.Now().Before(w.ReleaseAt):
			return struct{}{}, errs.New(errs.FailedPrecondition, "HOLD_NOT_OVER", "%s is held until %s", b.RewardID, w.ReleaseAt)
		}
		w.Released = true
		return struct{}{}, nil
	})
	return err
}

// Reverse implements app.Wallet.
func (p *Partners) Reverse(_ context.Context, commandID string, b domain.Body) error {
	_, err := execute(p, domain.ReverseReward, commandID, fmt.Sprint(b), func() (struct{}, error) {
		w, ok := p.rewards[b.RewardID]
		if !ok {
			return struct{}{}, notFound("REWARD_NOT_FOUND", b.RewardID)
		}
		w.Reversed = true
		return struct{}{}, nil
	})
	return err
}

// Record implements app.Scores.
func (p *Partners) Record(_ context.Context, commandID string, r *domain.Referral, b domain.Body) error {
	_, err := execute(p, domain.RecordScore, commandID, fmt.Sprint(r.ProgramID, r.ReferrerID, b), func() (struct{}, error) {
		p.scores[r.ProgramID+"/"+r.ReferrerID] += b.Delta
		return struct{}{}, nil
	})
	return err
}
