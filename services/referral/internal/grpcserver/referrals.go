package grpcserver

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/page"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// CreateReferral records that a person was referred. The referee may call it, so the answer leaves history and payouts out.
func (s *Server) CreateReferral(ctx context.Context, req *referralv1.CreateReferralRequest) (*referralv1.CreateReferralResponse, error) {
	a, replayed, err := s.referrals.Create(ctx, app.Invitation{
		Code: fold(req.GetCode()), ProgramID: req.GetProgramId(), ReferrerID: req.GetReferrerId(), RefereeID: req.GetRefereeId(),
		CustomerSince: moment(req.GetCustomerSince()),
		Facts: domain.Facts{IPAddress: req.GetIpAddress(), DeviceID: req.GetDeviceId(),
			ReferrerIPAddress: req.GetReferrerIpAddress(), ReferrerDeviceID: req.GetReferrerDeviceId()},
		RefereeContact:  domain.Contact{Email: fold(req.GetRefereeEmail()), Phone: fold(req.GetRefereePhone())},
		ReferrerContact: domain.Contact{Email: fold(req.GetReferrerEmail()), Phone: fold(req.GetReferrerPhone())},
	})
	if err != nil {
		return nil, err
	}
	return &referralv1.CreateReferralResponse{Referral: referralToProto(a), Replayed: replayed}, nil
}

// GetReferral returns a referral with its history and payouts.
func (s *Server) GetReferral(ctx context.Context, req *referralv1.GetReferralRequest) (*referralv1.GetReferralResponse, error) {
	a, err := s.referrals.Get(ctx, req.GetReferralId())
	if err != nil {
		return nil, err
	}
	referral, err := wholeReferral(a)
	if err != nil {
		return nil, err
	}
	return &referralv1.GetReferralResponse{Referral: referral}, nil
}

// listCursor is the place of a referral in a list, by milliseconds.
type listCursor struct {
	At int64  `json:"t"`
	ID string `json:"i"`
}

// ListReferrals returns one page of the referrals of one referrer, newest first.
func (s *Server) ListReferrals(ctx context.Context, req *referralv1.ListReferralsRequest) (*referralv1.ListReferralsResponse, error) {
	query := app.ListQuery{ProgramID: req.GetProgramId(), ReferrerID: req.GetReferrerId(), Status: statusFromProto[req.GetStatus()]}
	var after app.Cursor
	if token := req.GetPageToken(); token != "" {
		var c listCursor
		if err := page.Decode(token, query, &c); err != nil {
			return nil, err
		}
		after = app.Cursor{CreatedAt: time.UnixMilli(c.At).UTC(), ID: c.ID}
	}
	size := page.Size(req.GetPageSize(), defaultPage, maxPage)
	list, err := s.referrals.List(ctx, query, after, size+1)
	if err != nil {
		return nil, err
	}
	res := &referralv1.ListReferralsResponse{}
	for _, a := range list[:min(size, len(list))] {
		res.Referrals = append(res.Referrals, referralToProto(a))
	}
	if len(list) > size {
		last := list[size-1]
		if res.NextPageToken, err = page.Encode(query, listCursor{At: last.CreatedAt.UnixMilli(), ID: last.ID}); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// GetUserStats counts the referrals of one referrer by status.
func (s *Server) GetUserStats(ctx context.Context, req *referralv1.GetUserStatsRequest) (*referralv1.GetUserStatsResponse, error) {
	stats, err := s.referrals.Stats(ctx, req.GetProgramId(), req.GetReferrerId())
	if err != nil {
		return nil, err
	}
	return &referralv1.GetUserStatsResponse{
		Total: stats.Total, Pending: stats.ByStatus[domain.Pending], Registered: stats.ByStatus[domain.Registered],
		Active: stats.ByStatus[domain.Active], Qualified: stats.ByStatus[domain.Qualified], Completed: stats.ByStatus[domain.Completed],
		Expired: stats.ByStatus[domain.Expired], Reversed: stats.Reversed, Rejected: stats.Rejected,
		ConversionPerMille: stats.ConversionPerMille,
	}, nil
}

// SweepExpired moves what can no longer qualify to EXPIRED.
func (s *Server) SweepExpired(ctx context.Context, _ *referralv1.SweepExpiredRequest) (*referralv1.SweepExpiredResponse, error) {
	expired, err := s.referrals.Sweep(ctx)
	if err != nil {
		return nil, err
	}
	return &referralv1.SweepExpiredResponse{Expired: expired}, nil
}

// moment is the zero time for an absent timestamp.
func moment(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return clock.Truncate(t.AsTime())
}
