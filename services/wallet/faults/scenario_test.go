package faults

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/clock"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// step is one command of the scenario.
type step struct {
	// name of the step in failures.
	name string
	// role of the caller.
	role string
	// postings are the command ids that the step leaves in accounts, one posting each; none for a step that posts nothing.
	postings []string
	// send sends the command, always the same, and returns the posting it is answered with, or nil when it is answered with
	// something else.
	send func(context.Context, walletv1.WalletServiceClient) (*walletv1.Posting, error)
}

// balance is what an account shows at the end, in minor units.
type balance struct{ held, available int64 }

// scenario returns the steps in the order they are sent; a new one also belongs into balances. Holds that are released last
// a millisecond, since the process has the system's clock.
func scenario() []step {
	const short, long = time.Millisecond, time.Hour
	return []step{
		issue("available", "ann", 300, 0),
		issue("cancelled", "ann", 5000, long),
		issue("held", "ann", 40, long),
		reverse("cancelled", "ann"),
		issue("released", "bob", 700, short),
		release("released", "bob"),
		issue("refunded", "bob", 20, short),
		release("refunded", "bob"),
		reverse("refunded", "bob"),
		setBudget("p2", 1000),
		issueFrom("p2", "limited", "carl", 400, 0),
		issueFrom("p2", "returned", "carl", 500, long),
		reverseFrom("p2", "returned", "carl"),
		issueFrom("p2", "again", "carl", 600, 0), // fits because the one before came back
		adjust("a1", "bob", 30),
		adjust("a2", "bob", -10),
		freeze("dora"),
		issue("frozen", "dora", 5, 0),
		issue("savings", "eve", 20000, 0),
		redeem("x1", "eve", 15000),
		confirm("x1", "eve"),
	}
}

// balances returns what the scenario leaves in the accounts it touches.
func balances() map[string]balance {
	return map[string]balance{
		"ann": {held: 40, available: 300}, "bob": {available: 720}, "carl": {available: 1000}, "dora": {available: 5}, "eve": {available: 5000},
	}
}

const (
	program  = "p1"
	currency = "INR"
)

// rewardID is the command id of the reward for a referral.
func rewardID(from, referral string) string {
	return "reward/" + from + "/" + referral + "/completed/REFERRER"
}

func issue(referral, user string, amount int64, hold time.Duration) step {
	return issueFrom(program, referral, user, amount, hold)
}

func issueFrom(from, referral, user string, amount int64, hold time.Duration) step {
	request := &walletv1.IssueRewardRequest{
		CommandId: rewardID(from, referral), ProgramId: from, ReferralId: referral, BeneficiaryId: user,
		Side: walletv1.Side_SIDE_REFERRER, Kind: walletv1.RewardKind_REWARD_KIND_REFERRAL,
		AmountMinor: amount, Currency: currency, HoldPeriod: durationpb.New(hold), Tier: "STARTER", ProgramVersion: 1,
	}
	return step{
		name: request.GetCommandId(), role: access.RoleSystem, postings: []string{request.GetCommandId()},
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			answer, err := client.IssueReward(ctx, request)
			return answer.GetPosting(), err
		},
	}
}

func release(referral, user string) step {
	id := rewardID(program, referral)
	request := &walletv1.ReleaseRewardRequest{CommandId: "release/" + id, RewardId: id, BeneficiaryId: user, Currency: currency}
	return step{
		name: request.GetCommandId(), role: access.RoleSystem, postings: []string{request.GetCommandId()},
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			answer, err := client.ReleaseReward(ctx, request)
			return answer.GetPosting(), err
		},
	}
}

func reverse(referral, user string) step { return reverseFrom(program, referral, user) }

func reverseFrom(from, referral, user string) step {
	id := rewardID(from, referral)
	request := &walletv1.ReverseRewardRequest{
		CommandId: "reverse/" + id, RewardId: id, BeneficiaryId: user, Currency: currency, Reason: "REFUND",
	}
	return step{
		name: request.GetCommandId(), role: access.RoleSystem, postings: []string{request.GetCommandId()},
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			answer, err := client.ReverseReward(ctx, request)
			return answer.GetPosting(), err
		},
	}
}

// setBudget limits a programme, so that its rewards take allotments.
func setBudget(of string, total int64) step {
	request := &walletv1.SetBudgetRequest{ProgramId: of, Currency: currency, Limits: []*walletv1.BudgetLimit{
		{Scope: walletv1.BudgetScope_BUDGET_SCOPE_PROGRAM, Period: walletv1.BudgetPeriod_BUDGET_PERIOD_TOTAL, AmountMinor: total},
	}}
	return step{
		name: "budget of " + of, role: access.RoleAdmin,
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			_, err := client.SetBudget(ctx, request)
			return nil, err
		},
	}
}

func adjust(id, user string, amount int64) step {
	request := &walletv1.AdjustBalanceRequest{
		CommandId: "adjust/" + id, UserId: user, Currency: currency, AmountMinor: amount, Reason: "correction",
	}
	return step{
		name: request.GetCommandId(), role: access.RoleAdmin, postings: []string{request.GetCommandId()},
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			answer, err := client.AdjustBalance(ctx, request)
			return answer.GetPosting(), err
		},
	}
}

func freeze(user string) step {
	return step{
		name: "freeze " + user, role: access.RoleAdmin, postings: []string{"freeze/0"},
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			_, err := client.FreezeAccount(ctx, &walletv1.FreezeAccountRequest{UserId: user, Currency: currency, Reason: "review"})
			return nil, err
		},
	}
}

func redeem(id, user string, amount int64) step {
	request := &walletv1.RequestRedemptionRequest{
		RedemptionId: id, UserId: user, AmountMinor: amount, Currency: currency, Destination: "bank-1",
	}
	return step{
		name: "redeem " + id, role: access.RoleAdmin, postings: []string{"redeem/" + id},
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			_, err := client.RequestRedemption(ctx, request)
			return nil, err
		},
	}
}

// confirm records that a redemption was paid, once the payout file has it.
func confirm(id, user string) step {
	request := &walletv1.ConfirmRedemptionRequest{RedemptionId: id, Outcome: walletv1.PayoutOutcome_PAYOUT_OUTCOME_PAID}
	return step{
		name: "confirm " + id, role: access.RoleAdmin, postings: []string{"settle/redeem/" + id},
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			for {
				got, err := client.GetRedemption(ctx, &walletv1.GetRedemptionRequest{UserId: user, RedemptionId: id})
				if err != nil {
					return nil, err
				}
				if got.GetRedemption().GetProviderReference() != "" {
					break
				}
				if err := clock.Wait(ctx, clock.System(), 20*time.Millisecond); err != nil {
					return nil, err
				}
			}
			_, err := client.ConfirmRedemption(ctx, request)
			return nil, err
		},
	}
}
