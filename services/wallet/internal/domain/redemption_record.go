package domain

import (
	"iter"
	"time"
)

// RedemptionRecord is what the document of a redemption claims, for the comparison with the postings.
type RedemptionRecord struct {
	// Document is the id of the document, after the name of its collection.
	Document string
	// ID of the redemption.
	ID string
	// User, Currency and Amount are what is redeemed.
	User, Currency string
	Amount         int64
	// Postings are the kinds of postings that must be there in the state of the document.
	Postings []PostingKind
	// UpdatedAt is when the document was changed last.
	UpdatedAt time.Time
}

// marks are what the document says happened.
func (r RedemptionRecord) marks() iter.Seq[mark] {
	return func(yield func(mark) bool) {
		for _, kind := range r.Postings {
			if !yield(mark{pot{"", r.Currency}, postingSteps[kind], r.ID, r.User, r.Amount}) {
				return
			}
		}
	}
}
