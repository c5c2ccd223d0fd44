package redisboard

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

const (
	// maxParts bounds the places on boards that one script writes, so that it keeps nobody waiting.
	maxParts = 4000
	// farewell is how long an edition that was replaced stays for those who are reading it.
	farewell = time.Minute
)

// Begin implements app.Boards.
func (b *Boards) Begin(ctx context.Context, programID, token string, now, until time.Time) (bool, error) {
	k := keysOf(programID)
	begun, err := beginScript.Run(ctx, b.client, []string{k.meta(), k.dropped()}, token, milliseconds(now), milliseconds(until)).Bool()
	if err != nil {
		return false, wrap("begin a rebuild", programID, err)
	}
	return begun, nil
}

// Load implements app.Boards.
func (b *Boards) Load(ctx context.Context, programID, token string, until time.Time, people []*domain.Tally) error {
	k := keysOf(programID)
	for {
		var chunk []*domain.Tally
		for parts := 0; len(people) > 0 && parts < maxParts; people = people[1:] {
			parts += people[0].Boards()
			chunk = append(chunk, people[0])
		}
		args := append([]any{string(k.edition(token)), token + " " + milliseconds(until)}, encode(chunk)...)
		mine, err := loadScript.Run(ctx, b.client, []string{k.meta()}, args...).Bool()
		if err != nil {
			return wrap("load people", programID, err)
		}
		if !mine {
			return fmt.Errorf("programme %s: %w", programID, app.ErrOvertaken)
		}
		if len(people) == 0 {
			return nil
		}
	}
}

// Behind implements app.Boards.
func (b *Boards) Behind(ctx context.Context, programID, token string) ([]string, error) {
	users, err := b.client.HKeys(ctx, keysOf(programID).edition(token).part("behind")).Result()
	if err != nil {
		return nil, wrap("look for late scores", programID, err)
	}
	return users[:min(len(users), app.MaxPeople)], nil
}

// Finish implements app.Boards.
func (b *Boards) Finish(ctx context.Context, programID, token, zone string) error {
	k := keysOf(programID)
	outcome, err := finishScript.Run(ctx, b.client,
		[]string{k.meta(), k.dropped(), k.edition(token).part("behind")}, token, zone).Int()
	switch {
	case err != nil:
		return wrap("swap boards", programID, err)
	case outcome == 0:
		return fmt.Errorf("programme %s: %w", programID, app.ErrOvertaken)
	case outcome == 1:
		return fmt.Errorf("programme %s: %w", programID, app.ErrBehind)
	}
	return b.sweep(ctx, programID)
}

// sweep lets editions that were replaced or given up expire.
func (b *Boards) sweep(ctx context.Context, programID string) error {
	k := keysOf(programID)
	tokens, err := b.client.SMembers(ctx, k.dropped()).Result()
	if err != nil {
		return wrap("drop old boards", programID, err)
	}
	for _, token := range tokens {
		e := k.edition(token)
		names, err := b.client.SMembers(ctx, e.part("boards")).Result()
		if err != nil {
			return wrap("drop old boards", programID, err)
		}
		if _, err = b.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, name := range names {
				pipe.Expire(ctx, e.board(name), farewell)
				pipe.Expire(ctx, e.states(name), farewell)
			}
			for _, part := range []string{"seq", "behind", "boards"} {
				pipe.Expire(ctx, e.part(part), farewell)
			}
			pipe.SRem(ctx, k.dropped(), token)
			return nil
		}); err != nil {
			return wrap("drop old boards", programID, err)
		}
	}
	return nil
}
