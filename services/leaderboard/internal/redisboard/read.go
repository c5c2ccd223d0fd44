package redisboard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// instantSize is the length of the time at the beginning of a member.
const instantSize = 15

// digestPage is how many rows are read at once for a digest.
const digestPage = 1000

// Top implements app.Boards.
func (b *Boards) Top(ctx context.Context, e app.Edition, board string, limit int) ([]domain.Row, int64, error) {
	key := keysOf(e.ProgramID).edition(e.Token).board(board)
	var places *redis.ZSliceCmd
	var people *redis.IntCmd
	if _, err := b.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		places = pipe.ZRangeWithScores(ctx, key, 0, int64(limit)-1)
		people = pipe.ZCard(ctx, key)
		return nil
	}); err != nil {
		return nil, 0, wrap("read board "+board, e.ProgramID, err)
	}
	rows, err := rowsOf(places.Val())
	return rows, people.Val(), err
}

// Rank implements app.Boards.
func (b *Boards) Rank(ctx context.Context, e app.Edition, board, userID string) (domain.Row, int64, bool, error) {
	edition := keysOf(e.ProgramID).edition(e.Token)
	var state *redis.StringCmd
	var people *redis.IntCmd
	_, err := b.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		state = pipe.HGet(ctx, edition.states(board), userID)
		people = pipe.ZCard(ctx, edition.board(board))
		return nil
	})
	if errors.Is(err, redis.Nil) {
		return domain.Row{}, 0, false, nil
	}
	if err != nil {
		return domain.Row{}, 0, false, wrap("read a rank on board "+board, e.ProgramID, err)
	}
	text := state.Val()
	if len(text) < instantSize+2 {
		return domain.Row{}, 0, false, wrap("read a rank on board "+board, e.ProgramID, errDamaged)
	}
	row, err := rowOf(text[:instantSize], userID, text[instantSize+1:])
	if err != nil || row.Score <= 0 {
		return domain.Row{}, 0, false, err
	}
	better, err := b.client.ZCount(ctx, edition.board(board), "-inf", fmt.Sprintf("(%d", -row.Score)).Result()
	if err != nil {
		return domain.Row{}, 0, false, wrap("read a rank on board "+board, e.ProgramID, err)
	}
	row.Rank = better + 1
	return row, people.Val(), true, nil
}

// errDamaged says that a key holds what this package never wrote.
var errDamaged = errors.New("a place on a board is damaged: rebuild the boards of the programme")

func rowsOf(places []redis.Z) ([]domain.Row, error) {
	rows := make([]domain.Row, 0, len(places))
	for _, place := range places {
		member, ok := place.Member.(string)
		if !ok || len(member) <= instantSize {
			return nil, errDamaged
		}
		row, err := rowOf(member[:instantSize], member[instantSize:], strconv.FormatInt(-int64(place.Score), 10))
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func rowOf(instant, user, points string) (domain.Row, error) {
	at, err := strconv.ParseInt(instant, 10, 64)
	if err != nil {
		return domain.Row{}, errors.Join(errDamaged, err)
	}
	score, err := strconv.ParseInt(points, 10, 64)
	if err != nil {
		return domain.Row{}, errors.Join(errDamaged, err)
	}
	return domain.Row{UserID: user, Score: score, ReachedAt: time.UnixMilli(at).UTC()}, nil
}

// Digest implements app.Boards. It reads pages, so its memory does not grow with the boards.
func (b *Boards) Digest(ctx context.Context, programID, token string) (string, int64, error) {
	edition := keysOf(programID).edition(token)
	names, err := b.client.SMembers(ctx, edition.part("boards")).Result()
	if err != nil {
		return "", 0, wrap("sum boards", programID, err)
	}
	slices.Sort(names)
	sum := sha256.New()
	var boards int64
	for _, name := range names {
		rows, err := b.sum(ctx, sum, edition, name)
		if err != nil {
			return "", 0, wrap("sum board "+name, programID, err)
		}
		if rows > 0 {
			boards++
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), boards, nil
}

// sum writes the rows of one board. A board that everybody left writes nothing.
func (b *Boards) sum(ctx context.Context, sum io.Writer, edition base, name string) (rows int64, err error) {
	for {
		places, err := b.client.ZRangeWithScores(ctx, edition.board(name), rows, rows+digestPage-1).Result()
		if err != nil {
			return 0, err
		}
		page, err := rowsOf(places)
		if err != nil {
			return 0, err
		}
		for _, row := range page {
			if _, err := fmt.Fprintf(sum, "%s\n%s\n%d\n%d\n", name, row.UserID, row.Score, row.ReachedAt.UnixMilli()); err != nil {
				return 0, err
			}
		}
		rows += int64(len(page))
		if len(page) < digestPage {
			return rows, nil
		}
	}
}
