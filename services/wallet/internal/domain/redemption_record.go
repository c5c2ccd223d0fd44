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
	// Certain are the kinds of postings that must be there; Possible are those that may be there or not.
	Certain, Possible []PostingKind
	// UpdatedAt is when the document was changed last.
	UpdatedAt time.Time
}

// Record returns what the document of r claims. Settling tells that the posting of its end is still to be made, by a command
// that is stored with it.
func (r Redemption) Record(document string, updatedAt time.Time, settling bool) RedemptionRecord {
	record := RedemptionRecord{
		Document: document, ID: r.ID, User: r.UserID, Currency: r.Currency, Amount: r.Amount, UpdatedAt: updatedAt,
	}
	if r.Status == RedemptionNew || r.Status == RedemptionDropped {
		record.Possible = []PostingKind{PostingRedemptionRequested}
		return record
	}
	record.Certain = []PostingKind{PostingRedemptionRequested}
	end, ended := redemptionEnds[r.Status]
	switch {
	case ended && settling:
		record.Possible = []PostingKind{end}
	case ended:
		record.Certain = append(record.Certain, end)
	}
	return record
}

// redemptionEnds are the postings of final states.
var redemptionEnds = map[RedemptionStatus]PostingKind{
	RedemptionPaid: PostingRedemptionPaid, RedemptionFailed: PostingRedemptionFailed,
	RedemptionCancelled: PostingRedemptionCancelled,
}

// marks are what the document says happened, and whether it is certain.
func (r RedemptionRecord) marks() iter.Seq2[mark, bool] {
	return func(yield func(mark, bool) bool) {
		for i, kinds := range [][]PostingKind{r.Certain, r.Possible} {
			for _, kind := range kinds {
				if !yield(mark{pot{"", r.Currency}, postingSteps[kind], r.ID, r.User, r.Amount}, i == 0) {
					return
				}
			}
		}
	}
}
