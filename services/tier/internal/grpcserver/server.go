// Package grpcserver turns the tier service's RPCs into its use cases, and their answers into messages. Requests were
// validated and authorized by the interceptors before they arrive here.
package grpcserver

import (
	"context"

	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	"github.com/refersuite/refersuite/services/tier/internal/app"
	"github.com/refersuite/refersuite/services/tier/internal/domain"
)

// Members is what the server needs of the use cases; *app.Members has it.
type Members interface {
	// PutLadder makes a ladder known.
	PutLadder(ctx context.Context, l domain.Ladder) error
	// RecordCompletion counts a referral.
	RecordCompletion(ctx context.Context, c app.Completion) (app.Recorded, error)
	// ReverseCompletion takes a referral out of the count.
	ReverseCompletion(ctx context.Context, r app.Reversal) (app.Recorded, error)
	// Member returns the tier of a person.
	Member(ctx context.Context, program, user string) (app.Position, error)
	// Ladder returns the ladder of a version; 0 means the latest.
	Ladder(ctx context.Context, program string, version int64) (domain.Ladder, error)
	// Count returns how many people hold each tier.
	Count(ctx context.Context, program string) (map[string]int64, error)
}

// Server implements tierv1.TierServiceServer.
type Server struct {
	tierv1.UnimplementedTierServiceServer
	members Members
}

// New returns the RPCs over the use cases.
func New(members Members) *Server { return &Server{members: members} }

// RecordCompletion counts one completed referral. Resending a command returns the first outcome.
func (s *Server) RecordCompletion(ctx context.Context, req *tierv1.RecordCompletionRequest) (*tierv1.RecordCompletionResponse, error) {
	r, err := s.members.RecordCompletion(ctx, app.Completion{
		ID: req.GetCommandId(), ProgramID: req.GetProgramId(), Version: req.GetProgramVersion(),
		ReferralID: req.GetReferralId(), UserID: req.GetUserId(),
	})
	if err != nil {
		return nil, err
	}
	answer := &tierv1.RecordCompletionResponse{
		TierBefore: r.TierBefore, TierAfter: r.TierAfter, Completed: r.Completed, RewardMinor: r.Reward, Replayed: r.Replayed,
	}
	for _, b := range r.Bonuses {
		answer.Bonuses = append(answer.Bonuses, &tierv1.TierBonus{Tier: b.Tier, AmountMinor: b.Amount})
	}
	return answer, nil
}

// ReverseCompletion takes one completed referral out of the count. Resending a command returns the first outcome.
func (s *Server) ReverseCompletion(ctx context.Context, req *tierv1.ReverseCompletionRequest) (*tierv1.ReverseCompletionResponse, error) {
	r, err := s.members.ReverseCompletion(ctx, app.Reversal{
		ID: req.GetCommandId(), ProgramID: req.GetProgramId(), ReferralID: req.GetReferralId(), UserID: req.GetUserId(),
		Fraud: req.GetFraud(),
	})
	if err != nil {
		return nil, err
	}
	return &tierv1.ReverseCompletionResponse{
		TierBefore: r.TierBefore, TierAfter: r.TierAfter, Completed: r.Completed, BonusesToReverse: r.Reversed, Replayed: r.Replayed,
	}, nil
}

// GetMember returns the tier of one person in one programme.
func (s *Server) GetMember(ctx context.Context, req *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
	p, err := s.members.Member(ctx, req.GetProgramId(), req.GetUserId())
	if err != nil {
		return nil, err
	}
	return &tierv1.GetMemberResponse{
		UserId: req.GetUserId(), Tier: p.Standing.Tier, Completed: p.Member.Completed, NextTier: p.Standing.Next,
		ReferralsToNextTier: p.Standing.Missing, Premium: p.Member.Premium, TierSince: timestamp(p.Member.TierSince),
	}, nil
}

// CountMembers counts the people of a programme by tier.
func (s *Server) CountMembers(ctx context.Context, req *tierv1.CountMembersRequest) (*tierv1.CountMembersResponse, error) {
	counts, err := s.members.Count(ctx, req.GetProgramId())
	if err != nil {
		return nil, err
	}
	return &tierv1.CountMembersResponse{Members: counts}, nil
}
