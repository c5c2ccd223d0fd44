package grpcserver

import (
	"context"

	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// ExplainPosting tells why a posting has its amount.
func (s *Server) ExplainPosting(ctx context.Context, req *walletv1.ExplainPostingRequest) (*walletv1.ExplainPostingResponse, error) {
	e, err := s.ledger.Explain(ctx, req.GetUserId(), req.GetCurrency(), req.GetSeq())
	if err != nil {
		return nil, err
	}
	return &walletv1.ExplainPostingResponse{
		Posting: postingToProto(e.Posting), Sentences: e.Sentences, Related: postingsToProto(e.Related),
		Side: sideToProto(e.Posting.Side), RewardKind: rewardKindToProto(e.Posting.RewardKind),
	}, nil
}
