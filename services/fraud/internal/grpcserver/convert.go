package grpcserver

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	fraudv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

func requestFromProto(req *fraudv1.AssessRequest) app.Request {
	return app.Request{
		ReferralID: req.GetReferralId(), ProgramID: req.GetProgramId(),
		ReferrerID: req.GetReferrerId(), RefereeID: req.GetRefereeId(), Code: req.GetCode(),
		Address: req.GetIpAddress(), Device: req.GetDeviceId(),
		ReferrerAddress: req.GetReferrerIpAddress(), ReferrerDevice: req.GetReferrerDeviceId(),
		OccurredAt: req.GetOccurredAt().AsTime(),
	}
}

func assessmentToProto(a domain.Assessment) *fraudv1.Assessment {
	out := &fraudv1.Assessment{
		ReferralId: a.Facts.ReferralID, ProgramId: a.Facts.ProgramID,
		ReferrerId: a.Facts.ReferrerID, RefereeId: a.Facts.RefereeID,
		Score: int32(a.Score), Band: bandToProto(a.Band),
		RulesVersion: a.RulesVersion, AssessedAt: timestamppb.New(a.AssessedAt),
	}
	for _, s := range a.Signals {
		out.Signals = append(out.Signals, &fraudv1.Signal{Name: string(s.Name), Points: int32(s.Points), Evidence: s.Evidence})
	}
	return out
}

func bandToProto(b domain.Band) fraudv1.Band {
	switch b {
	case domain.BandAllow:
		return fraudv1.Band_BAND_ALLOW
	case domain.BandReview:
		return fraudv1.Band_BAND_REVIEW
	case domain.BandBlock:
		return fraudv1.Band_BAND_BLOCK
	default:
		return fraudv1.Band_BAND_UNSPECIFIED
	}
}

// bandFromProto returns the empty band for unspecified, which means all.
func bandFromProto(b fraudv1.Band) domain.Band {
	switch b {
	case fraudv1.Band_BAND_ALLOW:
		return domain.BandAllow
	case fraudv1.Band_BAND_REVIEW:
		return domain.BandReview
	case fraudv1.Band_BAND_BLOCK:
		return domain.BandBlock
	case fraudv1.Band_BAND_UNSPECIFIED:
		return ""
	default:
		return ""
	}
}
