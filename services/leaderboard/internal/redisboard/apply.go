package redisboard

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// Apply implements app.Boards.
func (b *Boards) Apply(ctx context.Context, programID, zone string, changes []*domain.Tally) ([]app.Gap, bool, error) {
	k := keysOf(programID)
	args := append([]any{string(k), zone}, encode(changes)...)
	answer, err := applyScript.Run(ctx, b.client, []string{k.meta()}, args...).Slice()
	if err != nil {
		return nil, false, wrap("project scores", programID, err)
	}
	if len(answer) == 0 || answer[0] == int64(0) {
		return nil, true, nil
	}
	var gaps []app.Gap
	for pair := range slices.Chunk(answer[1:], 2) {
		user, seq := fmt.Sprint(pair[0]), fmt.Sprint(pair[len(pair)-1])
		last, err := strconv.ParseInt(seq, 10, 64)
		if err != nil {
			return nil, false, wrap("project scores", programID, err)
		}
		gaps = append(gaps, app.Gap{UserID: user, Seq: last})
	}
	return gaps, false, nil
}

// encode writes people and what they have on each board as add.lua reads them.
func encode(people []*domain.Tally) []any {
	type share struct {
		board string
		index int
		part  domain.Part
	}
	args := []any{len(people)}
	var shares []share
	for i, t := range people {
		args = append(args, t.User, t.From, t.To)
		for _, part := range t.Parts() {
			shares = append(shares, share{part.Board, i + 1, part})
		}
	}
	slices.SortStableFunc(shares, func(a, b share) int { return cmp.Compare(a.board, b.board) })
	count := len(args)
	args = append(args, 0)
	boards := 0
	for start := 0; start < len(shares); boards++ {
		end := start
		for end < len(shares) && shares[end].board == shares[start].board {
			end++
		}
		args = append(args, shares[start].board, end-start)
		for _, s := range shares[start:end] {
			args = append(args, s.index, s.part.Points, instant(s.part.ReachedAt))
		}
		start = end
	}
	args[count] = boards
	return args
}

// instant writes a time so that the order of texts is the order of times. Times before 1970 count as 1970.
func instant(t time.Time) string { return fmt.Sprintf("%015d", max(0, t.UnixMilli())) }
