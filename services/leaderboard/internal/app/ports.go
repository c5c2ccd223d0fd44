// Package app holds the use cases of the leaderboard, one file each, and the projector that feeds the boards.
package app

import (
	"context"
	"errors"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/services/leaderboard/internal/domain"
)

// Log is where scores are kept, one chain for each person and programme. The methods are those of chain.Log; see there for
// ordering, idempotency and errors.
type Log interface {
	// Append executes a list of steps in order, each once by its command.
	Append(ctx context.Context, list ...chain.Append[domain.Line]) ([]chain.Result[domain.Line], error)
	// Find returns the entry that a command caused; false when there is none.
	Find(ctx context.Context, key, commandID string) (chain.Entry[domain.Line], bool, error)
	// Range returns a page of one chain.
	Range(ctx context.Context, key string, page chain.Page) ([]chain.Entry[domain.Line], error)
	// Keys returns the keys with a prefix that stand after a key, ascending.
	Keys(ctx context.Context, prefix, after string, limit int) ([]string, error)
	// VerifyAll walks all chains with a prefix, one after another, each from its first entry.
	VerifyAll(ctx context.Context, prefix string, visit func(chain.Entry[domain.Line]) error) (chain.Report, error)
}

// ErrOvertaken says that another rebuild of the same programme took over.
var ErrOvertaken = errors.New("another rebuild took over")

// ErrBehind says that scores of some people were recorded while an edition was built and are not in it yet.
var ErrBehind = errors.New("scores arrived meanwhile")

// Boards keeps the boards of programmes, in editions: the live one is read, another may be built beside it and take its
// place. It holds no truth. For every person an edition knows the sequence of the last entry of their chain that it contains.
// All methods are atomic, and safe for concurrent use by any number of processes.
type Boards interface {
	// Ping fails while boards can be neither read nor written.
	Ping(ctx context.Context) error
	// Live returns the live edition of a programme; false when there is none.
	Live(ctx context.Context, programID string) (Edition, bool, error)
	// Top returns the first rows of a board, best first and without ranks, and how many people stand on it.
	Top(ctx context.Context, e Edition, board string, limit int) (rows []domain.Row, people int64, err error)
	// Rank returns the row of a person and how many people stand on the board; false when the person does not.
	Rank(ctx context.Context, e Edition, board, userID string) (row domain.Row, people int64, ok bool, err error)

	// Apply adds changes of different people, at most MaxPeople, to the live edition. A change that is in it already changes
	// nothing; one that does not follow what is in it changes nothing and is returned as a gap. It adds them also to the
	// edition being built, as far as it contains what comes before. Missing says that there is no edition at all. The zone
	// becomes the programme's.
	Apply(ctx context.Context, programID, zone string, changes []*domain.Tally) (gaps []Gap, missing bool, err error)

	// Begin starts an edition with a token that was never used before, and reports false while another is being built and its
	// builder was heard of since until.
	Begin(ctx context.Context, programID, token string, now, until time.Time) (bool, error)
	// Load puts everything that chains say about people, at most MaxPeople, into the edition being built, unless it
	// contains more already. The builder will be heard of until then. It fails with ErrOvertaken.
	Load(ctx context.Context, programID, token string, until time.Time, people []*domain.Tally) error
	// Behind returns people who have changes that the edition being built does not contain, at most MaxPeople of them.
	Behind(ctx context.Context, programID, token string) ([]string, error)
	// Digest sums an edition: SHA-256 over all rows of all boards, boards in the order of their names and rows in the order
	// of their places.
	Digest(ctx context.Context, programID, token string) (digest string, boards int64, err error)
	// Finish makes the edition live and drops the one it replaces. It fails with ErrBehind or ErrOvertaken and then
	// changes nothing. An empty zone keeps the programme's.
	Finish(ctx context.Context, programID, token, zone string) error
}

// MaxPeople bounds the people in one call of Boards.
const MaxPeople = 200

// Edition is one set of boards of a programme.
type Edition struct {
	ProgramID, Token string
	// Zone is the time zone of the programme; empty when nothing said it yet.
	Zone string
}

// Gap is a person whose changes do not follow what the live edition contains.
type Gap struct {
	UserID string
	// Seq is the last sequence it contains.
	Seq int64
}
