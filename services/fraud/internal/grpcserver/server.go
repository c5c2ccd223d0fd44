// Package grpcserver translates between the FraudService of the contract and the use cases.
package grpcserver

import (
	"context"

	"github.com/refersuite/refersuite/pkg/page"
	fraudv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	"github.com/refersuite/refersuite/services/fraud/internal/app"
	"github.com/refersuite/refersuite/services/fraud/internal/domain"
)

const (
	defaultPage = 50
	maxPage     = 500
)

// Assessor is what the server needs of the use cases; app.Assessor has it.
type Assessor interface {
	// Assess scores a referral, or returns its stored assessment.
	Assess(ctx context.Context, req app.Request) (a domain.Assessment, replayed bool, err error)
	// Assessment returns a stored assessment.
	Assessment(ctx context.Context, referralID string) (domain.Assessment, error)
	// Assessments returns a page, newest first, and whether others follow.
	Assessments(ctx context.Context, q app.Query, limit int) (list []domain.Assessment, more bool, err error)
}

// Server implements fraudv1.FraudServiceServer.
type Server struct {
	fraudv1.UnimplementedFraudServiceServer
	assessor Assessor
}

// New returns the server of an assessor.
func New(assessor Assessor) *Server { return &Server{assessor: assessor} }

// Assess scores one referral. Assessing the same facts again returns the stored assessment.
func (s *Server) Assess(ctx context.Context, req *fraudv1.AssessRequest) (*fraudv1.AssessResponse, error) {
	a, replayed, err := s.assessor.Assess(ctx, requestFromProto(req))
	if err != nil {
		return nil, err
	}
	return &fraudv1.AssessResponse{Assessment: assessmentToProto(a), Replayed: replayed}, nil
}

// GetAssessment returns the stored assessment of one referral.
func (s *Server) GetAssessment(ctx context.Context, req *fraudv1.GetAssessmentRequest) (*fraudv1.GetAssessmentResponse, error) {
	a, err := s.assessor.Assessment(ctx, req.GetReferralId())
	if err != nil {
		return nil, err
	}
	return &fraudv1.GetAssessmentResponse{Assessment: assessmentToProto(a)}, nil
}

// ListAssessments returns the stored assessments of one programme, newest first.
func (s *Server) ListAssessments(ctx context.Context, req *fraudv1.ListAssessmentsRequest) (*fraudv1.ListAssessmentsResponse, error) {
	query := app.Query{ProgramID: req.GetProgramId(), Band: bandFromProto(req.GetBand())}
	selection := listSelection{RPC: "fraud.ListAssessments", Program: query.ProgramID, Band: string(query.Band)}
	if token := req.GetPageToken(); token != "" {
		if err := page.Decode(token, selection, &query.After); err != nil {
			return nil, err
		}
	}
	list, more, err := s.assessor.Assessments(ctx, query, page.Size(req.GetPageSize(), defaultPage, maxPage))
	if err != nil {
		return nil, err
	}
	answer := &fraudv1.ListAssessmentsResponse{}
	for _, a := range list {
		answer.Assessments = append(answer.Assessments, assessmentToProto(a))
	}
	if more {
		if answer.NextPageToken, err = page.Encode(selection, app.PositionOf(list[len(list)-1])); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// listSelection is what a page token belongs to.
type listSelection struct{ RPC, Program, Band string }
