package demo

import (
	"context"
	"fmt"
	"net/url"
)

// mark is a reversal or a rejection.
type mark struct {
	Reason string `json:"reason"`
	By     string `json:"by"`
}

// referral is what the demo reads of a referral.
type referral struct {
	ID         string `json:"referral_id"`
	ReferrerID string `json:"referrer_id"`
	RefereeID  string `json:"referee_id"`
	Code       string `json:"code"`
	Status     string `json:"status"`
	Review     string `json:"review"`
	Reversed   *mark  `json:"reversed"`
	Rejected   *mark  `json:"rejected"`
	History    []struct {
		Status   string `json:"status"`
		Inferred bool   `json:"inferred"`
	} `json:"history"`
}

// posting is what the demo reads of a posting.
type posting struct {
	Seq         int64  `json:"seq,string"`
	CommandID   string `json:"command_id"`
	Kind        string `json:"kind"`
	AmountMinor int64  `json:"amount_minor,string"`
	RewardID    string `json:"reward_id"`
	ProgramID   string `json:"program_id"`
	ReferralID  string `json:"referral_id"`
	Reason      string `json:"reason"`
	Tier        string `json:"tier"`
}

// balance is what the demo reads of a balance.
type balance struct {
	HeldMinor      int64 `json:"held_minor,string"`
	AvailableMinor int64 `json:"available_minor,string"`
	EarnedMinor    int64 `json:"earned_minor,string"`
	Postings       int64 `json:"postings,string"`
}

// member is what the demo reads of a member's tier.
type member struct {
	Tier      string `json:"tier"`
	Completed int64  `json:"completed,string"`
	NextTier  string `json:"next_tier"`
	Missing   int64  `json:"referrals_to_next_tier,string"`
}

// row is one place on the leaderboard.
type row struct {
	Rank   int64  `json:"rank,string"`
	UserID string `json:"user_id"`
	Score  int64  `json:"score,string"`
}

// backlog counts the commands of one service.
type backlog struct {
	Pending   int64 `json:"pending,string"`
	Scheduled int64 `json:"scheduled,string"`
	Parked    int64 `json:"parked,string"`
}

// ledger is the result of a reconciliation.
type ledger struct {
	ZeroSum  bool  `json:"zero_sum"`
	Verified bool  `json:"verified"`
	Postings int64 `json:"postings,string"`
	Findings []struct {
		Kind    string `json:"kind"`
		Account string `json:"account"`
		Detail  string `json:"detail"`
	} `json:"findings"`
}

// chains is the result of verifying all chains of one service.
type chains struct {
	Chains   int64 `json:"chains,string"`
	Verified bool  `json:"verified"`
}

// assessment is what the demo reads of a fraud assessment.
type assessment struct {
	Score   int    `json:"score"`
	Band    string `json:"band"`
	Signals []struct {
		Name     string `json:"name"`
		Points   int    `json:"points"`
		Evidence string `json:"evidence"`
	} `json:"signals"`
}

// fields is a JSON object.
type fields map[string]any

func (r *rest) publish(ctx context.Context, program, name string) error {
	terms := fields{
		"hold_period":   "0s",
		"stage_rewards": []fields{{"stage": "STAGE_COMPLETED", "side": "SIDE_REFEREE", "amount_minor": refereeReward}},
	}
	var ignored struct{}
	if err := r.post(ctx, admin, "/v1/programs", fields{"program_id": program, "name": name, "terms": terms}, &ignored); err != nil {
		return err
	}
	return r.post(ctx, admin, "/v1/programs/"+program+"/versions", fields{}, &ignored)
}

// generateCode asks for a random code; the same key again must give the same code.
func (r *rest) generateCode(ctx context.Context, program, owner, key string) (string, error) {
	var out struct {
		Code struct {
			Code string `json:"code"`
		} `json:"code"`
	}
	err := r.postKeyed(ctx, asUser(owner), "/v1/programs/"+program+"/codes", key, fields{"owner_id": owner}, &out)
	return out.Code.Code, err
}

func (r *rest) vanityCode(ctx context.Context, program, owner, code string) (string, error) {
	var out struct {
		Code struct {
			Code string `json:"code"`
		} `json:"code"`
	}
	err := r.post(ctx, asUser(owner), "/v1/programs/"+program+"/vanity-codes", fields{"owner_id": owner, "code": code}, &out)
	return out.Code.Code, err
}

func (r *rest) validate(ctx context.Context, who caller, code string) (bool, error) {
	var out struct {
		Valid bool `json:"valid"`
	}
	err := r.get(ctx, who, "/v1/codes/"+url.PathEscape(code), &out)
	return out.Valid, err
}

// referralAnswer is the answer to everything that changes a referral.
type referralAnswer struct {
	Referral referral `json:"referral"`
	Replayed bool     `json:"replayed"`
}

func (r *rest) createReferral(ctx context.Context, who caller, in fields) (out referralAnswer, err error) {
	return out, r.post(ctx, who, "/v1/referrals", in, &out)
}

func (r *rest) recordEvent(ctx context.Context, in fields) (out referralAnswer, err error) {
	return out, r.post(ctx, backend, "/v1/events", in, &out)
}

func (r *rest) review(ctx context.Context, id, decision, reason string) (out referralAnswer, err error) {
	return out, r.post(ctx, admin, "/v1/referrals/"+id+":review", fields{"decision": decision, "reason": reason}, &out)
}

func (r *rest) referral(ctx context.Context, id string) (referral, error) {
	var out referralAnswer
	err := r.get(ctx, admin, "/v1/referrals/"+id, &out)
	return out.Referral, err
}

// referrals returns all referrals of one referrer, newest first, as the referrer sees them.
func (r *rest) referrals(ctx context.Context, program, referrer string) ([]referral, error) {
	return pages(func(token string) ([]referral, string, error) {
		var out struct {
			Referrals []referral `json:"referrals"`
			Next      string     `json:"next_page_token"`
		}
		path := fmt.Sprintf("/v1/programs/%s/referrers/%s/referrals?page_token=%s", program, referrer, url.QueryEscape(token))
		err := r.get(ctx, asUser(referrer), path, &out)
		return out.Referrals, out.Next, err
	})
}

// postings returns all postings of one person, newest first, as the person sees them.
func (r *rest) postings(ctx context.Context, user string) ([]posting, error) {
	return pages(func(token string) ([]posting, string, error) {
		var out struct {
			Postings []posting `json:"postings"`
			Next     string    `json:"next_page_token"`
		}
		path := fmt.Sprintf("/v1/users/%s/postings?currency=%s&page_token=%s", user, currency, url.QueryEscape(token))
		err := r.get(ctx, asUser(user), path, &out)
		return out.Postings, out.Next, err
	})
}

// pages reads a list page by page until the last one.
func pages[T any](read func(token string) ([]T, string, error)) ([]T, error) {
	var all []T
	for token := ""; ; {
		page, next, err := read(token)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		token = next
	}
}

func (r *rest) balance(ctx context.Context, user string) (out balance, err error) {
	return out, r.get(ctx, asUser(user), "/v1/users/"+user+"/balance?currency="+currency, &out)
}

func (r *rest) member(ctx context.Context, program, user string) (out member, err error) {
	return out, r.get(ctx, asUser(user), "/v1/programs/"+program+"/members/"+user, &out)
}

func (r *rest) leaderboard(ctx context.Context, program string) ([]row, error) {
	var out struct {
		Rows []row `json:"rows"`
	}
	err := r.get(ctx, admin, "/v1/programs/"+program+"/leaderboard?limit=500", &out)
	return out.Rows, err
}

func (r *rest) assessment(ctx context.Context, id string) (assessment, error) {
	var out struct {
		Assessment assessment `json:"assessment"`
	}
	err := r.get(ctx, admin, "/v1/referrals/"+id+"/assessment", &out)
	return out.Assessment, err
}

func (r *rest) backlog(ctx context.Context, service string) (out backlog, err error) {
	return out, r.get(ctx, admin, "/v1/operations/"+service+"/backlog", &out)
}

func (r *rest) verifyChains(ctx context.Context, service string) (out chains, err error) {
	return out, r.get(ctx, admin, "/v1/operations/"+service+"/chains:verify", &out)
}

func (r *rest) reconcile(ctx context.Context) (out ledger, err error) {
	return out, r.get(ctx, admin, "/v1/ledger:reconcile", &out)
}
