package grpcserver

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

var stageFromProto = map[referralv1.Stage]domain.Status{
	referralv1.Stage_STAGE_REGISTERED: domain.Registered,
	referralv1.Stage_STAGE_ACTIVE:     domain.Active,
	referralv1.Stage_STAGE_QUALIFIED:  domain.Qualified,
	referralv1.Stage_STAGE_COMPLETED:  domain.Completed,
}

var sideFromProto = map[referralv1.Side]domain.Side{
	referralv1.Side_SIDE_REFERRER: domain.Referrer,
	referralv1.Side_SIDE_REFEREE:  domain.Referee,
}

// termsFromProto fills what the request leaves out with the defaults.
func termsFromProto(in *referralv1.Terms) domain.Terms {
	t := domain.DefaultTerms()
	if in == nil {
		return t
	}
	setText(&t.Currency, in.GetCurrency())
	setText(&t.TimeZone, in.GetTimeZone())
	setDuration(&t.HoldPeriod, in.GetHoldPeriod())
	setDuration(&t.ExpiresAfter, in.GetExpiresAfter())
	setDuration(&t.LateEventGrace, in.GetLateEventGrace())
	setDuration(&t.QualificationWindow, in.GetQualificationWindow())
	t.AllowExistingCustomers = in.GetAllowExistingCustomers()
	if in.GetTierDowngrade() == referralv1.TierDowngrade_TIER_DOWNGRADE_ON_REVERSAL {
		t.Downgrade = domain.OnReversal
	}
	if in.GetLadder() != nil {
		t.Tiers = tiersFromProto(in.GetLadder())
	}
	for _, w := range in.GetStageRewards() {
		t.StageRewards = append(t.StageRewards, domain.StageReward{Stage: stageFromProto[w.GetStage()],
			Side: sideFromProto[w.GetSide()], AmountMinor: w.GetAmountMinor()})
	}
	return t
}

func tiersFromProto(in *commonv1.Ladder) []domain.Tier {
	tiers := make([]domain.Tier, len(in.GetTiers()))
	for i, tier := range in.GetTiers() {
		tiers[i] = domain.Tier{Name: tier.GetName(), Threshold: tier.GetThreshold(), RewardMinor: tier.GetRewardMinor(),
			BonusMinor: tier.GetBonusMinor(), Premium: tier.GetPremium()}
	}
	return tiers
}

func setText(to *string, from string) {
	if from != "" {
		*to = from
	}
}

func setDuration(to *time.Duration, from *durationpb.Duration) {
	if from != nil {
		*to = from.AsDuration()
	}
}

func termsToProto(t domain.Terms) *referralv1.Terms {
	out := &referralv1.Terms{
		Currency: t.Currency, Ladder: &commonv1.Ladder{}, TimeZone: t.TimeZone,
		HoldPeriod: durationpb.New(t.HoldPeriod), ExpiresAfter: durationpb.New(t.ExpiresAfter),
		LateEventGrace: durationpb.New(t.LateEventGrace), QualificationWindow: durationpb.New(t.QualificationWindow),
		AllowExistingCustomers: t.AllowExistingCustomers,
		TierDowngrade:          referralv1.TierDowngrade_TIER_DOWNGRADE_FRAUD_ONLY,
	}
	if t.Downgrade == domain.OnReversal {
		out.TierDowngrade = referralv1.TierDowngrade_TIER_DOWNGRADE_ON_REVERSAL
	}
	for _, tier := range t.Tiers {
		out.Ladder.Tiers = append(out.Ladder.Tiers, &commonv1.Tier{Name: tier.Name, Threshold: tier.Threshold,
			RewardMinor: tier.RewardMinor, BonusMinor: tier.BonusMinor, Premium: tier.Premium})
	}
	for _, w := range t.StageRewards {
		out.StageRewards = append(out.StageRewards, &referralv1.StageReward{Stage: stageToProto(w.Stage),
			Side: sideToProto(w.Side), AmountMinor: w.AmountMinor})
	}
	return out
}

func stageToProto(s domain.Status) referralv1.Stage {
	for p, d := range stageFromProto {
		if d == s {
			return p
		}
	}
	return referralv1.Stage_STAGE_UNSPECIFIED
}

func sideToProto(s domain.Side) referralv1.Side {
	if s == domain.Referee {
		return referralv1.Side_SIDE_REFEREE
	}
	return referralv1.Side_SIDE_REFERRER
}

func programToProto(v app.ProgramView) *referralv1.Program {
	return &referralv1.Program{ProgramId: v.Program.ID, Name: v.Program.Name, Version: v.Edition.Version,
		Terms: termsToProto(v.Edition.Terms), CreatedAt: timestamp(v.Program.CreatedAt), PublishedAt: timestamp(v.Edition.PublishedAt)}
}

// timestamp is nil for the zero time.
func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
