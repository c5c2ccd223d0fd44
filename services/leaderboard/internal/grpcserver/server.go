// Package grpcserver translates between the LeaderboardService of the contract and the use cases.
package grpcserver

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/pkg/page"
	leaderboardv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1"
	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

const (
	defaultRows = 10
	maxRows     = 500
)

// Scores is what the server needs of the use cases; app.Scores has it.
type Scores interface {
	// Record adds to the score of a person.
	Record(ctx context.Context, cmd app.ScoreCommand) (total int64, replayed bool, err error)
	// Top returns the first rows of a board.
	Top(ctx context.Context, sel app.Selection, limit int) (app.Ranking, error)
	// Rank returns the place of a person.
	Rank(ctx context.Context, sel app.Selection, userID string) (app.Place, error)
	// Rebuild builds the boards of a programme from the chains.
	Rebuild(ctx context.Context, programID string) (app.Rebuilt, error)
}

// Server implements leaderboardv1.LeaderboardServiceServer.
type Server struct {
	leaderboardv1.UnimplementedLeaderboardServiceServer
	scores Scores
}

// New returns the server of the use cases.
func New(scores Scores) *Server { return &Server{scores: scores} }

// RecordScore adds to the score of a person. Resending a command returns the score after its first execution.
func (s *Server) RecordScore(ctx context.Context, req *leaderboardv1.RecordScoreRequest) (*leaderboardv1.RecordScoreResponse, error) {
	score, replayed, err := s.scores.Record(ctx, app.ScoreCommand{
		ID: req.GetCommandId(), ProgramID: req.GetProgramId(), UserID: req.GetUserId(),
		Delta: req.GetDelta(), OccurredAt: req.GetOccurredAt().AsTime(), TimeZone: req.GetTimeZone(),
	})
	if err != nil {
		return nil, err
	}
	return &leaderboardv1.RecordScoreResponse{Score: score, Replayed: replayed}, nil
}

// GetTop returns the best of a board, best first.
func (s *Server) GetTop(ctx context.Context, req *leaderboardv1.GetTopRequest) (*leaderboardv1.GetTopResponse, error) {
	sel := selection(req.GetProgramId(), req.GetPeriod(), req.GetAt())
	top, err := s.scores.Top(ctx, sel, page.Size(req.GetLimit(), defaultRows, maxRows))
	if err != nil {
		return nil, err
	}
	answer := &leaderboardv1.GetTopResponse{Total: top.People, Board: top.Board}
	for _, row := range top.Rows {
		answer.Rows = append(answer.Rows, rowToProto(row))
	}
	return answer, nil
}

// GetRank returns the live rank of one person.
func (s *Server) GetRank(ctx context.Context, req *leaderboardv1.GetRankRequest) (*leaderboardv1.GetRankResponse, error) {
	place, err := s.scores.Rank(ctx, selection(req.GetProgramId(), req.GetPeriod(), req.GetAt()), req.GetUserId())
	if err != nil {
		return nil, err
	}
	return &leaderboardv1.GetRankResponse{Row: rowToProto(place.Row), Total: place.People, Board: place.Board}, nil
}

// RebuildBoards builds the boards of a programme again from the chains.
func (s *Server) RebuildBoards(ctx context.Context, req *leaderboardv1.RebuildBoardsRequest) (*leaderboardv1.RebuildBoardsResponse, error) {
	built, err := s.scores.Rebuild(ctx, req.GetProgramId())
	if err != nil {
		return nil, err
	}
	return &leaderboardv1.RebuildBoardsResponse{Users: built.Users, Boards: built.Boards, Digest: built.Digest}, nil
}

func selection(programID string, period leaderboardv1.Period, at *timestamppb.Timestamp) app.Selection {
	sel := app.Selection{ProgramID: programID, Period: periodFromProto(period)}
	if at != nil {
		sel.At = at.AsTime()
	}
	return sel
}

func periodFromProto(p leaderboardv1.Period) domain.Period {
	switch p {
	case leaderboardv1.Period_PERIOD_MONTH:
		return domain.Month
	case leaderboardv1.Period_PERIOD_WEEK:
		return domain.Week
	case leaderboardv1.Period_PERIOD_DAY:
		return domain.Day
	case leaderboardv1.Period_PERIOD_UNSPECIFIED, leaderboardv1.Period_PERIOD_ALL_TIME:
		return domain.AllTime
	default:
		return domain.AllTime
	}
}

func rowToProto(row domain.Row) *leaderboardv1.Row {
	return &leaderboardv1.Row{
		Rank: row.Rank, UserId: row.UserID, Score: row.Score, ReachedAt: timestamppb.New(row.ReachedAt),
	}
}
