package grpcserver

import (
	"context"

	"github.com/refersuite/refersuite/pkg/page"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// CreateProgram stores a draft.
func (s *Server) CreateProgram(ctx context.Context, req *referralv1.CreateProgramRequest) (*referralv1.CreateProgramResponse, error) {
	view, replayed, err := s.programs.Create(ctx, domain.Program{ID: req.GetProgramId(), Name: req.GetName(), Terms: termsFromProto(req.GetTerms())})
	if err != nil {
		return nil, err
	}
	return &referralv1.CreateProgramResponse{Program: programToProto(view), Replayed: replayed}, nil
}

// PublishProgram makes terms effective as the next version.
func (s *Server) PublishProgram(ctx context.Context, req *referralv1.PublishProgramRequest) (*referralv1.PublishProgramResponse, error) {
	var terms *domain.Terms
	if req.GetTerms() != nil {
		t := termsFromProto(req.GetTerms())
		terms = &t
	}
	view, replayed, err := s.programs.Publish(ctx, req.GetProgramId(), terms)
	if err != nil {
		return nil, err
	}
	return &referralv1.PublishProgramResponse{Program: programToProto(view), Replayed: replayed}, nil
}

// GetProgram returns a programme at one version.
func (s *Server) GetProgram(ctx context.Context, req *referralv1.GetProgramRequest) (*referralv1.GetProgramResponse, error) {
	view, err := s.programs.Get(ctx, req.GetProgramId(), req.GetVersion())
	if err != nil {
		return nil, err
	}
	return &referralv1.GetProgramResponse{Program: programToProto(view)}, nil
}

// ListPrograms returns one page of programmes by id.
func (s *Server) ListPrograms(ctx context.Context, req *referralv1.ListProgramsRequest) (*referralv1.ListProgramsResponse, error) {
	const query = "programs"
	var after string
	if token := req.GetPageToken(); token != "" {
		if err := page.Decode(token, query, &after); err != nil {
			return nil, err
		}
	}
	size := page.Size(req.GetPageSize(), defaultPage, maxPage)
	views, err := s.programs.List(ctx, after, size+1)
	if err != nil {
		return nil, err
	}
	res := &referralv1.ListProgramsResponse{}
	for _, view := range views[:min(size, len(views))] {
		res.Programs = append(res.Programs, programToProto(view))
	}
	if len(views) > size {
		if res.NextPageToken, err = page.Encode(query, views[size-1].Program.ID); err != nil {
			return nil, err
		}
	}
	return res, nil
}
