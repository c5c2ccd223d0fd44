package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// What a RedemptionStore answers beside outbox.ErrConflict.
var (
	// ErrNoRedemption says that nothing is stored under the id.
	ErrNoRedemption = errors.New("no such redemption")
	// ErrRedemptionExists says that the id is taken; nothing was written.
	ErrRedemptionExists = errors.New("the redemption exists already")
)

// RedemptionDocument is a redemption as it is stored, with the commands that it still has to cause.
type RedemptionDocument struct {
	domain.Redemption
	// Version grows by one with every write, from 1.
	Version int64
	// Ticket counts the attempts to set the amount aside. Whoever makes one takes a new ticket first, so that the refusal of
	// an older attempt cannot drop what a newer one has reserved.
	Ticket int
	// UpdatedAt is when it was written last, but for leases.
	UpdatedAt time.Time
	// Outbox holds the commands of the redemption.
	Outbox outbox.Box

	stored domain.RedemptionStatus // as it was loaded
}

// Clone returns a copy that can be changed.
func (d *RedemptionDocument) Clone() *RedemptionDocument {
	c := *d
	c.Outbox.Messages = slices.Clone(d.Outbox.Messages)
	return &c
}

// RedemptionStore keeps redemptions by id. Writes are durable and atomic when they return. An error that is neither of those
// named says that the outcome is unknown: load the document and see. What a store returns belongs to the caller.
type RedemptionStore interface {
	// Insert stores a new document, whose Version is 1. It returns ErrRedemptionExists when the id is taken.
	Insert(ctx context.Context, d *RedemptionDocument) error
	// Save replaces the document whose stored version is d.Version-1. It returns outbox.ErrConflict when that is not so.
	Save(ctx context.Context, d *RedemptionDocument) error
	// Get returns the document as of now, or ErrNoRedemption.
	Get(ctx context.Context, id string) (*RedemptionDocument, error)
	// List returns redemptions that are listed (domain.RedemptionStatus.Listed), by (RequestedAt, ID) descending, those
	// strictly after the cursor, at most limit.
	List(ctx context.Context, q RedemptionQuery, after RedemptionCursor, limit int) ([]*RedemptionDocument, error)
	// OldestOpen returns when the longest open redemption was requested; the zero time when none is open.
	OldestOpen(ctx context.Context) (time.Time, error)
	// Walk returns documents of any status in the order of their ids, those after the given id, at most limit.
	Walk(ctx context.Context, afterID string, limit int) ([]*RedemptionDocument, error)
}

// RedemptionQuery selects redemptions; an empty field selects all.
type RedemptionQuery struct {
	UserID string
	Status domain.RedemptionStatus
}

// RedemptionCursor is the place of a redemption in a list; the zero value is before all.
type RedemptionCursor struct {
	RequestedAt time.Time `json:"at"`
	ID          string    `json:"id"`
}

// PayoutProvider moves the money of redemptions.
type PayoutProvider interface {
	// Name is what the provider is called in redemptions and in the account payout/<name>.
	Name() string
	// Submit hands over one payout. It is idempotent by the id of the redemption: whoever submits again, after a lost answer
	// or a crash, in this process or another, gets the first answer and causes nothing. *PayoutRefusedError says that the
	// money was not and will never be paid. Any other error leaves open whether the provider has it, so that the caller
	// submits again, later if the error is an *errs.Error with RetryAfter. Errors hold no personal data.
	Submit(ctx context.Context, p Payout) (PayoutReceipt, error)
}

// Payout is what a provider is asked to pay.
type Payout struct {
	domain.RedemptionOrder
	// RequestedAt is when the redemption was requested.
	RequestedAt time.Time
}

// PayoutReceipt is a provider's answer.
type PayoutReceipt struct {
	// Reference is the provider's own id of the payout; may be empty.
	Reference string `json:"reference,omitempty"`
	// Paid says that the money was paid at once. Otherwise somebody tells later.
	Paid bool `json:"paid,omitempty"`
}

// PayoutRefusedError is the final no of a provider.
type PayoutRefusedError struct {
	// Reason as the provider gave it, short and without personal data.
	Reason string
}

// Error tells the reason.
func (e *PayoutRefusedError) Error() string { return "the payout provider refused: " + e.Reason }

// LeaseQueue takes boxes over that were leased to this process in the write that made them due; outbox.Relay is one.
type LeaseQueue interface {
	// Submit takes a lease over and reports whether it did. When it did not, the lease runs out and a poll finds the box.
	Submit(lease outbox.Lease) bool
}

// RedemptionObserver hears of redemptions, for metrics.
type RedemptionObserver interface {
	// Moved says that a redemption came into a state.
	Moved(ctx context.Context, status domain.RedemptionStatus, currency string)
}
