package clients

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	leaderboardv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// Scores is app.Scores over gRPC.
type Scores struct {
	client leaderboardv1.LeaderboardServiceClient
}

// NewScores returns a client of the leaderboard service.
func NewScores(conn grpc.ClientConnInterface) *Scores {
	return &Scores{client: leaderboardv1.NewLeaderboardServiceClient(conn)}
}

// Record adds to the referrer's score.
func (s *Scores) Record(ctx context.Context, commandID string, r *domain.Referral, b domain.Body) error {
	_, err := s.client.RecordScore(ctx, &leaderboardv1.RecordScoreRequest{CommandId: commandID, ProgramId: r.ProgramID,
		UserId: r.ReferrerID, Delta: b.Delta, OccurredAt: timestamppb.New(b.OccurredAt), TimeZone: b.TimeZone})
	return err
}
