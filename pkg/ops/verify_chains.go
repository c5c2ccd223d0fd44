package ops

import (
	"context"
	"fmt"

	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
)

// maxFaults bounds the faults in one answer: one is enough to call for help.
const maxFaults = 100

// VerifyChains walks every chain of this service. It reads everything and is bounded by the caller's deadline only.
func (s *Server) VerifyChains(ctx context.Context, req *commonv1.VerifyChainsRequest) (*commonv1.VerifyChainsResponse, error) {
	if err := s.checkService(req.GetService()); err != nil {
		return nil, err
	}
	answer := &commonv1.VerifyChainsResponse{Verified: true}
	for _, verify := range s.parts.Chains {
		report, err := verify(ctx)
		if err != nil {
			return nil, fmt.Errorf("verify chains: %w", err)
		}
		answer.Chains += report.Chains
		answer.Entries += report.Entries
		answer.Verified = answer.Verified && report.FaultCount == 0
		for _, fault := range report.Faults {
			if len(answer.GetFaults()) < maxFaults {
				answer.Faults = append(answer.Faults, &commonv1.ChainFault{Key: fault.Key, Seq: fault.Seq, Kind: string(fault.Kind)})
			}
		}
	}
	return answer, nil
}
