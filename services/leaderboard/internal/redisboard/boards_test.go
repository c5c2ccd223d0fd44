package redisboard_test

import (
	"context"
	"testing"

	"github.com/refersuite/refersuite/pkg/redisx"
	"github.com/refersuite/refersuite/pkg/testkit"
	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/redisboard"
	"github.com/refersuite/refersuite/services/leaderboard/internal/storetest"
)

func TestMain(m *testing.M) { testkit.MainNoLeaks(m) }

func TestBoardsContract(t *testing.T) {
	storetest.RunBoards(t, func(t *testing.T) app.Boards {
		client, err := redisx.Local(context.WithoutCancel(t.Context()), redisx.Deps{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		})
		return redisboard.New(client)
	})
}

func TestLeaderboardStores_BoardsContract(t *testing.T) {
	storetest.RunBoards(t, func(t *testing.T) app.Boards { return redisboard.New(testkit.RealRedis(t)) })
}
