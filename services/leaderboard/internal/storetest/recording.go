package storetest

import (
	"context"
	"time"

	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// testClock stands still; its timers never fire.
type testClock struct{}

func (testClock) Now() time.Time                     { return noon }
func (testClock) NewTimer(time.Duration) clock.Timer { return clock.NewFake(noon).NewTimer(time.Hour) }

// recording is boards that only remember who was loaded.
type recording struct{ people map[string]int64 }

func (r *recording) Ping(context.Context) error { return nil }

func (r *recording) Live(_ context.Context, programID string) (app.Edition, bool, error) {
	return app.Edition{ProgramID: programID}, true, nil
}

func (r *recording) Top(context.Context, app.Edition, string, int) ([]domain.Row, int64, error) {
	return nil, 0, nil
}

func (r *recording) Rank(context.Context, app.Edition, string, string) (domain.Row, int64, bool, error) {
	return domain.Row{}, 0, false, nil
}

func (r *recording) Apply(context.Context, string, string, []*domain.Tally) ([]app.Gap, bool, error) {
	return nil, false, nil
}

func (r *recording) Begin(context.Context, string, string, time.Time, time.Time) (bool, error) {
	return true, nil
}

func (r *recording) Load(_ context.Context, _, _ string, _ time.Time, people []*domain.Tally) error {
	for _, person := range people {
		r.people[person.User] = person.To
	}
	return nil
}

func (r *recording) Behind(context.Context, string, string) ([]string, error) { return nil, nil }

func (r *recording) Digest(context.Context, string, string) (string, int64, error) { return "", 0, nil }

func (r *recording) Finish(context.Context, string, string, string) error { return nil }
