package clients

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	fraudv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Fraud is app.Fraud over gRPC.
type Fraud struct{ client fraudv1.FraudServiceClient }

// NewFraud returns a client of the fraud service.
func NewFraud(conn grpc.ClientConnInterface) *Fraud {
	return &Fraud{client: fraudv1.NewFraudServiceClient(conn)}
}

// Assess returns the band of a referral. A band that this version does not know is treated as one to review.
func (f *Fraud) Assess(ctx context.Context, a app.Assessment) (domain.Band, error) {
	res, err := f.client.Assess(ctx, &fraudv1.AssessRequest{ProgramId: a.ProgramID, ReferralId: a.ReferralID,
		ReferrerId: a.ReferrerID, RefereeId: a.RefereeID, Code: a.Code, OccurredAt: timestamppb.New(a.OccurredAt),
		IpAddress: a.Facts.IPAddress, DeviceId: a.Facts.DeviceID,
		ReferrerIpAddress: a.Facts.ReferrerIPAddress, ReferrerDeviceId: a.Facts.ReferrerDeviceID})
	if err != nil {
		return "", err
	}
	switch res.GetAssessment().GetBand() {
	case fraudv1.Band_BAND_ALLOW:
		return domain.Allow, nil
	case fraudv1.Band_BAND_BLOCK:
		return domain.Block, nil
	case fraudv1.Band_BAND_REVIEW, fraudv1.Band_BAND_UNSPECIFIED:
		return domain.NeedsReview, nil
	default:
		return domain.NeedsReview, nil
	}
}
