package partnertest

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// PutLadder implements app.Tiers.
func (p *Partners) PutLadder(_ context.Context, e domain.Edition) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.before != nil {
		if err := p.before("tier.put_ladder", ladderKey(e.ProgramID, e.Version)); err != nil {
			return err
		}
	}
	p.ladders[ladderKey(e.ProgramID, e.Version)] = e.Terms
	return nil
}

// ForgetLadders has tier lose its ladders.
func (p *Partners) ForgetLadders() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.ladders)
}

func ladderKey(programID string, version int64) string {
	return fmt.Sprintf("%s/%d", programID, version)
}

// RecordCompletion implements app.Tiers by T1 and T2.
func (p *Partners) RecordCompletion(_ context.Context, commandID string, r *domain.Referral) (domain.Completion, error) {
	contents := fmt.Sprint(r.ProgramID, r.ProgramVersion, r.ID, r.ReferrerID)
	return execute(p, domain.RecordCompletion, commandID, contents, func() (domain.Completion, error) {
		terms, ok := p.ladders[ladderKey(r.ProgramID, r.ProgramVersion)]
		if !ok {
			return domain.Completion{}, errs.New(errs.FailedPrecondition, "LADDER_UNKNOWN", "call PutLadder first")
		}
		m := p.member(r)
		m.count++
		m.counted[r.ID] = true
		before := terms.Tiers[m.tier]
		c := domain.Completion{TierBefore: before.Name, RewardMinor: before.RewardMinor}
		for m.tier+1 < len(terms.Tiers) && m.count >= terms.Tiers[m.tier+1].Threshold {
			m.tier++
			if next := terms.Tiers[m.tier]; next.BonusMinor > 0 && !m.bonused[next.Name] {
				m.bonused[next.Name] = true
				c.Bonuses = append(c.Bonuses, domain.Bonus{Tier: next.Name, AmountMinor: next.BonusMinor})
			}
		}
		return c, nil
	})
}

// ReverseCompletion implements app.Tiers by T3.
func (p *Partners) ReverseCompletion(_ context.Context, commandID string, r *domain.Referral, fraud bool) ([]string, error) {
	return execute(p, domain.ReverseCompletion, commandID, fmt.Sprint(r.ProgramID, r.ID, r.ReferrerID, fraud), func() ([]string, error) {
		m := p.member(r)
		if !m.counted[r.ID] {
			return nil, notFound("COMPLETION_NOT_FOUND", "completion of "+r.ID)
		}
		m.count--
		if !fraud {
			return nil, nil
		}
		terms := p.ladders[ladderKey(r.ProgramID, r.ProgramVersion)]
		var back []string
		for m.tier > 0 && m.count < terms.Tiers[m.tier].Threshold {
			back = append(back, terms.Tiers[m.tier].Name)
			m.tier--
		}
		return back, nil
	})
}

func (p *Partners) member(r *domain.Referral) *member {
	key := r.ProgramID + "/" + r.ReferrerID
	m := p.members[key]
	if m == nil {
		m = &member{counted: map[string]bool{}, bonused: map[string]bool{}}
		p.members[key] = m
	}
	return m
}
