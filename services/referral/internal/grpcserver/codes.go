package grpcserver

import (
	"context"

	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// GenerateCode makes a random code.
func (s *Server) GenerateCode(ctx context.Context, req *referralv1.GenerateCodeRequest) (*referralv1.GenerateCodeResponse, error) {
	code, err := s.codes.Generate(ctx, req.GetProgramId(), req.GetOwnerId())
	if err != nil {
		return nil, err
	}
	return &referralv1.GenerateCodeResponse{Code: codeToProto(code)}, nil
}

// CreateVanityCode registers a chosen code.
func (s *Server) CreateVanityCode(ctx context.Context, req *referralv1.CreateVanityCodeRequest) (*referralv1.CreateVanityCodeResponse, error) {
	code, replayed, err := s.codes.CreateVanity(ctx, req.GetProgramId(), req.GetOwnerId(), fold(req.GetCode()))
	if err != nil {
		return nil, err
	}
	return &referralv1.CreateVanityCodeResponse{Code: codeToProto(code), Replayed: replayed}, nil
}

// ValidateCode tells whether a code can be used.
func (s *Server) ValidateCode(ctx context.Context, req *referralv1.ValidateCodeRequest) (*referralv1.ValidateCodeResponse, error) {
	code, valid, err := s.codes.Validate(ctx, fold(req.GetCode()))
	if err != nil {
		return nil, err
	}
	return &referralv1.ValidateCodeResponse{Valid: valid, Code: code.Text, ProgramId: code.ProgramID}, nil
}

// DisableCode retires a code for ever.
func (s *Server) DisableCode(ctx context.Context, req *referralv1.DisableCodeRequest) (*referralv1.DisableCodeResponse, error) {
	code, err := s.codes.Disable(ctx, fold(req.GetCode()))
	if err != nil {
		return nil, err
	}
	return &referralv1.DisableCodeResponse{Code: codeToProto(code)}, nil
}

func codeToProto(c domain.Code) *referralv1.Code {
	return &referralv1.Code{Code: c.Text, ProgramId: c.ProgramID, OwnerId: c.OwnerID, Vanity: c.Vanity, Disabled: c.Disabled,
		CreatedAt: timestamp(c.CreatedAt)}
}
