package clients

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/refersuite/refersuite/pkg/errs"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Wallet is app.Wallet over gRPC.
type Wallet struct{ client walletv1.WalletServiceClient }

// NewWallet returns a client of the wallet service.
func NewWallet(conn grpc.ClientConnInterface) *Wallet {
	return &Wallet{client: walletv1.NewWalletServiceClient(conn)}
}

// Issue pays a reward and returns when its hold ends, the zero time when there is none.
func (w *Wallet) Issue(ctx context.Context, commandID string, r *domain.Referral, b domain.Body) (time.Time, error) {
	req := &walletv1.IssueRewardRequest{CommandId: commandID, ProgramId: r.ProgramID, ReferralId: r.ID,
		BeneficiaryId: b.Beneficiary, Side: walletv1.Side_SIDE_REFERRER, Kind: walletv1.RewardKind_REWARD_KIND_REFERRAL,
		AmountMinor: b.AmountMinor, Currency: b.Currency, Tier: b.Tier, ProgramVersion: r.ProgramVersion}
	if b.Side == domain.Referee {
		req.Side = walletv1.Side_SIDE_REFEREE
	}
	if b.Bonus {
		req.Kind = walletv1.RewardKind_REWARD_KIND_TIER_BONUS
	}
	if b.Hold > 0 {
		req.HoldPeriod = durationpb.New(b.Hold)
	}
	res, err := w.client.IssueReward(ctx, req)
	if err != nil {
		return time.Time{}, err
	}
	if res.GetQueued() {
		return time.Time{}, errs.New(errs.FailedPrecondition, "REWARD_QUEUED", "reward %q waits for budget", commandID)
	}
	at := res.GetPosting().GetReleaseAt()
	if at == nil {
		return time.Time{}, nil
	}
	return at.AsTime(), nil
}

// Release ends a hold.
func (w *Wallet) Release(ctx context.Context, commandID string, b domain.Body) error {
	_, err := w.client.ReleaseReward(ctx, &walletv1.ReleaseRewardRequest{CommandId: commandID, RewardId: b.RewardID,
		BeneficiaryId: b.Beneficiary, Currency: b.Currency})
	return err
}

// Reverse takes a reward back.
func (w *Wallet) Reverse(ctx context.Context, commandID string, b domain.Body) error {
	_, err := w.client.ReverseReward(ctx, &walletv1.ReverseRewardRequest{CommandId: commandID, RewardId: b.RewardID,
		BeneficiaryId: b.Beneficiary, Currency: b.Currency, Reason: b.Reason})
	return err
}
