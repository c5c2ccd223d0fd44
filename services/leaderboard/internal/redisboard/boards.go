// Package redisboard keeps boards in Redis or Valkey, single or cluster. All keys of a programme carry its id as hash tag, so
// that a cluster keeps them on one node and a script may use them together.
package redisboard

import (
	"context"
	_ "embed" // the scripts
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/refersuite/refersuite/services/leaderboard/internal/app"
)

//go:embed add.lua
var addLua string

//go:embed apply.lua
var applyLua string

//go:embed load.lua
var loadLua string

//go:embed begin.lua
var beginLua string

//go:embed finish.lua
var finishLua string

var (
	applyScript  = redis.NewScript(addLua + applyLua)
	loadScript   = redis.NewScript(addLua + loadLua)
	beginScript  = redis.NewScript(beginLua)
	finishScript = redis.NewScript(finishLua)
)

// Boards is an app.Boards in Redis.
type Boards struct{ client redis.UniversalClient }

var _ app.Boards = (*Boards)(nil)

// New returns boards on a client, which stays the caller's.
func New(client redis.UniversalClient) *Boards { return &Boards{client: client} }

// keys names what belongs to a programme.
type keys string

func keysOf(programID string) keys { return keys("lb:{" + programID + "}:") }

func (k keys) meta() string              { return string(k) + "meta" }
func (k keys) dropped() string           { return string(k) + "dropped" }
func (k keys) edition(token string) base { return base(string(k) + token) }
func (b base) board(name string) string  { return string(b) + ":b:" + name }
func (b base) states(name string) string { return string(b) + ":s:" + name }
func (b base) part(one string) string    { return string(b) + ":" + one }
func milliseconds(t time.Time) string    { return strconv.FormatInt(t.UnixMilli(), 10) }
func wrap(what, program string, err error) error {
	return fmt.Errorf("%s of programme %s in Redis: %w", what, program, err)
}

// base begins the keys of one edition.
type base string

// Ping implements app.Boards.
func (b *Boards) Ping(ctx context.Context) error { return b.client.Ping(ctx).Err() }

// Live implements app.Boards.
func (b *Boards) Live(ctx context.Context, programID string) (app.Edition, bool, error) {
	got, err := b.client.HMGet(ctx, keysOf(programID).meta(), "live", "zone").Result()
	if err != nil {
		return app.Edition{}, false, wrap("read the edition", programID, err)
	}
	token, live := got[0].(string)
	zone, _ := got[1].(string)
	return app.Edition{ProgramID: programID, Token: token, Zone: zone}, live, nil
}
