package app

import (
	"context"
	"errors"
	"time"

	"github.com/refersuite/refersuite/pkg/chain"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

// What stores answer. An unknown outcome is an *errs.Error with reason OUTCOME_UNKNOWN instead.
var (
	// ErrNotFound says that nothing is stored under the key.
	ErrNotFound = errors.New("not found")
	// ErrExists says that the key is taken; nothing was written.
	ErrExists = errors.New("exists already")
	// ErrConflict says that the stored version is not the one the write replaces; nothing was written.
	ErrConflict = errors.New("stored version differs")
)

// ReferralStore keeps aggregates by id. Writes are durable and atomic when they return.
type ReferralStore interface {
	// Insert stores a new aggregate, whose Version is 1. It returns ErrExists when the id is taken.
	Insert(ctx context.Context, a *Aggregate) error
	// Save replaces the aggregate whose stored version is a.Version-1. It returns ErrConflict when that is not so.
	Save(ctx context.Context, a *Aggregate) error
	// Get returns the aggregate as of now, or ErrNotFound.
	Get(ctx context.Context, id string) (*Aggregate, error)
	// Peek is Get, but the answer may be as of a moment ago. It is for writers: Save finds out.
	Peek(ctx context.Context, id string) (*Aggregate, error)
	// List returns referrals of one referrer by (created_at, id) descending, those strictly after the cursor, at most limit.
	// They are for reading: history, events, rewards and outbox may be left out.
	List(ctx context.Context, q ListQuery, after Cursor, limit int) ([]*Aggregate, error)
	// CountByStatus counts the referrals of one referrer in one programme.
	CountByStatus(ctx context.Context, programID, referrerID string) (Counts, error)
	// DueForSweep returns ids of referrals whose SweepAt is not after now, earliest first, at most limit.
	DueForSweep(ctx context.Context, now time.Time, limit int) ([]string, error)
}

// ListQuery selects referrals. An empty status selects all.
type ListQuery struct {
	ProgramID  string
	ReferrerID string
	Status     domain.Status
}

// Cursor is the place of a referral in a list; the zero value is before all.
type Cursor struct {
	CreatedAt time.Time
	ID        string
}

// ClaimStore keeps who was referred by whom, one claim per programme and referee (R6).
type ClaimStore interface {
	// Put stores the claim, or returns the one that its referee has already with ErrExists.
	Put(ctx context.Context, c domain.Claim) (domain.Claim, error)
	// Get returns the claim of a referee, or ErrNotFound.
	Get(ctx context.Context, programID, refereeID string) (domain.Claim, error)
	// Peek is Get, but the answer may be as of a minute ago. It is for finding referrals, not for deciding about claims.
	Peek(ctx context.Context, programID, refereeID string) (domain.Claim, error)
	// HasReferred reports whether a person is the referrer of any claim of the programme.
	HasReferred(ctx context.Context, programID, referrerID string) (bool, error)
	// Release deletes the claim if it still stands for the same referral. Releasing a claim that is gone changes nothing.
	Release(ctx context.Context, c domain.Claim) error
}

// CodeStore keeps codes by key, for ever: a key is never free again.
type CodeStore interface {
	// Put stores a new code. It returns ErrExists when its key is taken.
	Put(ctx context.Context, c domain.Code) error
	// Get returns the code, or ErrNotFound.
	Get(ctx context.Context, key string) (domain.Code, error)
	// Disable marks the code as disabled and returns it, or ErrNotFound. Disabling twice changes nothing.
	Disable(ctx context.Context, key string) (domain.Code, error)
	// CountSince counts the codes of an owner, of all programmes, made at or after since, but never counts further than limit.
	CountSince(ctx context.Context, ownerID string, since time.Time, limit int) (int, error)
}

// ProgramStore keeps drafts by id.
type ProgramStore interface {
	// Put stores a draft, or returns the one that exists already with ErrExists.
	Put(ctx context.Context, p domain.Program) (domain.Program, error)
	// Get returns the draft, or ErrNotFound.
	Get(ctx context.Context, id string) (domain.Program, error)
	// List returns the drafts with an id after the given one, ascending, at most limit.
	List(ctx context.Context, after string, limit int) ([]domain.Program, error)
}

// EditionStore keeps the published versions of programmes, a chain for each.
type EditionStore interface {
	// Append adds to a programme's chain, see chain.Log.Append.
	Append(ctx context.Context, list ...chain.Append[domain.Terms]) ([]chain.Result[domain.Terms], error)
	// Latest returns the newest edition as of now, or ErrNotFound for a programme that was never published.
	Latest(ctx context.Context, programID string) (domain.Edition, error)
	// Recent is Latest, but the answer may be as of a second ago.
	Recent(ctx context.Context, programID string) (domain.Edition, error)
	// Version returns one edition, or ErrNotFound. Editions never change.
	Version(ctx context.Context, programID string, version int64) (domain.Edition, error)
}

// Fraud assesses referrals.
type Fraud interface {
	// Assess returns the band of a referral. It is idempotent by referral and facts.
	Assess(ctx context.Context, a Assessment) (domain.Band, error)
}

// Assessment is what fraud is asked about.
type Assessment struct {
	ProgramID, ReferralID, ReferrerID, RefereeID, Code string
	OccurredAt                                         time.Time
	Facts                                              domain.Facts
}

// Tiers counts completed referrals. Its commands are idempotent by id.
type Tiers interface {
	// PutLadder tells the ladder of an edition.
	PutLadder(ctx context.Context, e domain.Edition) error
	// RecordCompletion counts a referral.
	RecordCompletion(ctx context.Context, commandID string, r *domain.Referral) (domain.Completion, error)
	// ReverseCompletion takes it out of the count and returns the tiers whose bonus must be taken back.
	ReverseCompletion(ctx context.Context, commandID string, r *domain.Referral, fraud bool) ([]string, error)
}

// Wallet moves money. Its commands are idempotent by id.
type Wallet interface {
	// Issue pays a reward and returns when its hold ends, the zero time when there is none. A reward that waits for budget,
	// and will be paid without another command, is answered with the reason REWARD_QUEUED.
	Issue(ctx context.Context, commandID string, r *domain.Referral, b domain.Body) (time.Time, error)
	// Release ends a hold.
	Release(ctx context.Context, commandID string, b domain.Body) error
	// Reverse takes a reward back.
	Reverse(ctx context.Context, commandID string, b domain.Body) error
}

// Scores keeps the leaderboard. Its commands are idempotent by id.
type Scores interface {
	// Record adds to the referrer's score.
	Record(ctx context.Context, commandID string, r *domain.Referral, b domain.Body) error
}

// Dispatcher takes over aggregates that a writer leased to this process.
type Dispatcher interface {
	// Submit hands over a lease and never blocks. A lease that finds no room runs out and is found by polling.
	Submit(l outbox.Lease) bool
}
