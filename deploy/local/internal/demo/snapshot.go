package demo

import (
	"context"
	"strings"
)

// snapshot is everything the edge tells about the programme when the story is over.
type snapshot struct {
	// referrals by their id, of all referrers.
	referrals map[string]referral
	// postings, balances and members by person; members are the referrers only.
	postings map[string][]posting
	balances map[string]balance
	members  map[string]member
	board    []row
	ledger   ledger
	chains   map[string]chains
	backlogs map[string]backlog
}

func take(ctx context.Context, api *rest, program string, c *cast) (snapshot, error) {
	s := snapshot{
		referrals: map[string]referral{}, postings: map[string][]posting{}, balances: map[string]balance{},
		members: map[string]member{}, chains: map[string]chains{}, backlogs: map[string]backlog{},
	}
	for _, step := range []func() error{
		func() error { return s.takeReferrers(ctx, api, program, c) },
		func() error { return s.takeAccounts(ctx, api, c) },
		func() error { return s.takeProofs(ctx, api, program) },
	} {
		if err := step(); err != nil {
			return snapshot{}, err
		}
	}
	return s, nil
}

func (s *snapshot) takeReferrers(ctx context.Context, api *rest, program string, c *cast) error {
	for _, p := range c.referrers {
		list, err := api.referrals(ctx, program, p.id)
		if err != nil {
			return err
		}
		for _, r := range list {
			s.referrals[r.ID] = r
		}
		if s.members[p.id], err = api.member(ctx, program, p.id); err != nil {
			return err
		}
	}
	return nil
}

func (s *snapshot) takeAccounts(ctx context.Context, api *rest, c *cast) (err error) {
	for _, p := range c.people() {
		if s.postings[p.id], err = api.postings(ctx, p.id); err != nil {
			return err
		}
		if s.balances[p.id], err = api.balance(ctx, p.id); err != nil {
			return err
		}
	}
	return nil
}

func (s *snapshot) takeProofs(ctx context.Context, api *rest, program string) (err error) {
	if s.board, err = api.leaderboard(ctx, program); err != nil {
		return err
	}
	if s.ledger, err = api.reconcile(ctx); err != nil {
		return err
	}
	for _, service := range services {
		if s.chains[service], err = api.verifyChains(ctx, service); err != nil {
			return err
		}
		if s.backlogs[service], err = api.backlog(ctx, service); err != nil {
			return err
		}
	}
	return nil
}

// issued reports whether a posting credits a reward.
func (p posting) issued() bool {
	return p.Kind == "POSTING_KIND_REWARD_AVAILABLE" || p.Kind == "POSTING_KIND_REWARD_HELD"
}

// takenBack reports whether a posting debits a reward.
func (p posting) takenBack() bool {
	return p.Kind == "POSTING_KIND_REVERSAL" || p.Kind == "POSTING_KIND_HOLD_REVERSAL"
}

// word turns REFERRAL_STATUS_COMPLETED, REVIEW_STATE_HELD or POSTING_KIND_REVERSAL into its last part.
func word(enum string) string {
	for _, prefix := range []string{"REFERRAL_STATUS_", "REVIEW_STATE_", "POSTING_KIND_", "BAND_"} {
		enum = strings.TrimPrefix(enum, prefix)
	}
	return enum
}
