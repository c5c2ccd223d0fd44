package faults

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/refersuite/refersuite/pkg/access"
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

// scenario returns the steps in the order they are sent; a new one also belongs into balances. Holds that are released last a millisecond, since the process has
// the system's clock.
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
	}
}

// balances returns what the scenario leaves in the accounts it touches.
func balances() map[string]balance {
	return map[string]balance{"ann": {held: 40, available: 300}, "bob": {available: 700}}
}

const (
	program  = "p1"
	currency = "INR"
)

// rewardID is the command id of the reward for a referral.
func rewardID(referral string) string {
	return "reward/" + program + "/" + referral + "/completed/REFERRER"
}

func issue(referral, user string, amount int64, hold time.Duration) step {
	request := &walletv1.IssueRewardRequest{
		CommandId: rewardID(referral), ProgramId: program, ReferralId: referral, BeneficiaryId: user,
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
	request := &walletv1.ReleaseRewardRequest{
		CommandId: "release/" + rewardID(referral), RewardId: rewardID(referral), BeneficiaryId: user, Currency: currency,
	}
	return step{
		name: request.GetCommandId(), role: access.RoleSystem, postings: []string{request.GetCommandId()},
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			answer, err := client.ReleaseReward(ctx, request)
			return answer.GetPosting(), err
		},
	}
}

func reverse(referral, user string) step {
	request := &walletv1.ReverseRewardRequest{
		CommandId: "reverse/" + rewardID(referral), RewardId: rewardID(referral), BeneficiaryId: user, Currency: currency,
		Reason: "REFUND",
	}
	return step{
		name: request.GetCommandId(), role: access.RoleSystem, postings: []string{request.GetCommandId()},
		send: func(ctx context.Context, client walletv1.WalletServiceClient) (*walletv1.Posting, error) {
			answer, err := client.ReverseReward(ctx, request)
			return answer.GetPosting(), err
		},
	}
}
