package leaderboard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/config/configtest"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	leaderboardv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1"
	"github.com/refersuite/refersuite/services/leaderboard"
)

func TestReadmeTellsTheSettings(t *testing.T) {
	configtest.CheckReadme(t, "README.md", leaderboard.Config{})
}

func TestSettingsAreChecked(t *testing.T) {
	for name, value := range map[string]string{"LEADERBOARD_PACE": "2s", "LEADERBOARD_MAX_PENDING": "1"} {
		_, err := config.LoadFrom[leaderboard.Config](map[string]string{name: value})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: got %v", name, value, err)
		}
	}
}

func (w world) request(user string, n int) *leaderboardv1.RecordScoreRequest {
	return &leaderboardv1.RecordScoreRequest{
		CommandId: fmt.Sprintf("score/p1/r%d", n), ProgramId: "p1", UserId: user, Delta: 1,
		OccurredAt: timestamppb.New(w.clock.Now().Add(time.Duration(n) * time.Second)), TimeZone: "Asia/Kolkata",
	}
}

func TestCallersNeedATokenAndTheRole(t *testing.T) {
	w := serve(t)
	client := leaderboardv1.NewLeaderboardServiceClient(w.conn)
	_, err := client.RecordScore(t.Context(), w.request("ann", 1))
	wantStatus(t, err, codes.Unauthenticated, access.ReasonTokenMissing, "")
	_, err = client.RecordScore(w.as(t, "ann", access.RoleUser), w.request("ann", 1))
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	_, err = client.RebuildBoards(w.as(t, "ann", access.RoleUser), &leaderboardv1.RebuildBoardsRequest{ProgramId: "p1"})
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	_, err = client.GetRank(w.as(t, "ben", access.RoleUser), &leaderboardv1.GetRankRequest{ProgramId: "p1", UserId: "ann"})
	wantStatus(t, err, codes.PermissionDenied, access.ReasonSubjectMismatch, "user_id")
	_, err = client.GetRank(w.as(t, "ann", access.RoleUser), &leaderboardv1.GetRankRequest{ProgramId: "p1", UserId: "ann"})
	wantStatus(t, err, codes.NotFound, "NOT_RANKED", "")
}

func TestBadFieldsAreNamed(t *testing.T) {
	w := serve(t)
	client := leaderboardv1.NewLeaderboardServiceClient(w.conn)
	for field, change := range map[string]func(*leaderboardv1.RecordScoreRequest){
		"command_id":  func(r *leaderboardv1.RecordScoreRequest) { r.CommandId = "r1" },
		"program_id":  func(r *leaderboardv1.RecordScoreRequest) { r.ProgramId = "" },
		"user_id":     func(r *leaderboardv1.RecordScoreRequest) { r.UserId = "a/b" },
		"delta":       func(r *leaderboardv1.RecordScoreRequest) { r.Delta = 0 },
		"occurred_at": func(r *leaderboardv1.RecordScoreRequest) { r.OccurredAt = nil },
		"time_zone":   func(r *leaderboardv1.RecordScoreRequest) { r.TimeZone = "Mars/Olympus" },
	} {
		t.Run(field, func(t *testing.T) {
			request := w.request("ann", 1)
			change(request)
			_, err := client.RecordScore(w.system(t), request)
			wantStatus(t, err, codes.InvalidArgument, "", field)
		})
	}
	_, err := client.GetTop(w.system(t), &leaderboardv1.GetTopRequest{ProgramId: "p1", Limit: 501})
	wantStatus(t, err, codes.InvalidArgument, "", "limit")
}

func TestL2_ScoresAreRankedAndReversedOverTheWire(t *testing.T) {
	w := serve(t)
	client, ctx := leaderboardv1.NewLeaderboardServiceClient(w.conn), w.system(t)
	for n, user := range []string{"ann", "ben", "ben", "cy", "ann", "di"} {
		_, err := client.RecordScore(ctx, w.request(user, n))
		must(t, err)
	}
	again, err := client.RecordScore(ctx, w.request("ann", 4))
	must(t, err)
	if want := (&leaderboardv1.RecordScoreResponse{Score: 2, Replayed: true}); !proto.Equal(again, want) {
		t.Fatalf("got %v", again)
	}
	_, err = client.RecordScore(ctx, w.request("cy", 4))
	wantStatus(t, err, codes.AlreadyExists, command.ReasonReused, "")
	reversal := w.request("di", 5)
	reversal.CommandId, reversal.Delta = "reverse/"+reversal.GetCommandId(), -1
	back, err := client.RecordScore(ctx, reversal)
	must(t, err)
	if back.GetScore() != 0 {
		t.Fatalf("got %v", back)
	}

	// A rebuild waits for nothing in the background: from here on the boards hold everything.
	built, err := client.RebuildBoards(ctx, &leaderboardv1.RebuildBoardsRequest{ProgramId: "p1"})
	must(t, err)
	if built.GetUsers() != 4 || built.GetBoards() != 4 || len(built.GetDigest()) != 64 {
		t.Fatalf("got %v", built)
	}
	for period, board := range map[leaderboardv1.Period]string{
		leaderboardv1.Period_PERIOD_UNSPECIFIED: "all", leaderboardv1.Period_PERIOD_ALL_TIME: "all",
		leaderboardv1.Period_PERIOD_MONTH: "2026-01", leaderboardv1.Period_PERIOD_WEEK: "2026-W01", leaderboardv1.Period_PERIOD_DAY: "2026-01-02",
	} {
		top, err := client.GetTop(w.as(t, "zoe", access.RoleUser), &leaderboardv1.GetTopRequest{ProgramId: "p1", Period: period, Limit: 2})
		must(t, err)
		want := &leaderboardv1.GetTopResponse{Board: board, Total: 3, Rows: []*leaderboardv1.Row{
			{Rank: 1, UserId: "ben", Score: 2, ReachedAt: w.request("", 2).GetOccurredAt()},
			{Rank: 1, UserId: "ann", Score: 2, ReachedAt: w.request("", 4).GetOccurredAt()},
		}}
		if !proto.Equal(top, want) {
			t.Fatalf("period %s: got %v", period, top)
		}
	}
	rank, err := client.GetRank(w.as(t, "cy", access.RoleUser), &leaderboardv1.GetRankRequest{ProgramId: "p1", UserId: "cy"})
	must(t, err)
	if rank.GetRow().GetRank() != 3 || rank.GetTotal() != 3 || rank.GetBoard() != "all" {
		t.Fatalf("got %v", rank)
	}
	_, err = client.GetRank(w.as(t, "di", access.RoleUser), &leaderboardv1.GetRankRequest{ProgramId: "p1", UserId: "di"})
	wantStatus(t, err, codes.NotFound, "NOT_RANKED", "")
	yesterday := &leaderboardv1.GetTopRequest{ProgramId: "p1", Period: leaderboardv1.Period_PERIOD_DAY, At: timestamppb.New(w.clock.Now().AddDate(0, 0, -1))}
	empty, err := client.GetTop(ctx, yesterday)
	must(t, err)
	if len(empty.GetRows()) != 0 || empty.GetBoard() != "2026-01-01" {
		t.Fatalf("got %v", empty)
	}

	verified, err := commonv1.NewOperationsServiceClient(w.conn).VerifyChains(ctx, &commonv1.VerifyChainsRequest{Service: "leaderboard"})
	must(t, err)
	if !verified.GetVerified() || verified.GetEntries() != 14 {
		t.Fatalf("got %v", verified)
	}
}
