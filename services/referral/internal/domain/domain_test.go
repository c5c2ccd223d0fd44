package domain_test

import (
	"errors"
	"testing"
	"time"

	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

var start = time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)

func terms(changes ...func(*domain.Terms)) domain.Terms {
	t := domain.DefaultTerms()
	for _, change := range changes {
		change(&t)
	}
	return t
}

func create(t domain.Terms, review domain.Review) *domain.Referral {
	claim := domain.Claim{ProgramID: "p", RefereeID: "ravi", ReferrerID: "asha", ReferralID: "r1", CreatedAt: start}
	r, _ := domain.Create(claim, "", domain.Edition{ProgramID: "p", Version: 1, Terms: t}, review, domain.Facts{})
	return &r
}

func reason(err error) string {
	var r *domain.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}

func record(t *testing.T, r *domain.Referral, id string, kind domain.EventType, tm domain.Terms, now time.Time) []domain.Order {
	t.Helper()
	orders, _, err := r.Record(domain.Event{ID: id, Type: kind, By: "backend"}, tm, now)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return orders
}

func ids(orders []domain.Order) []string {
	out := make([]string, len(orders))
	for i, o := range orders {
		out[i] = o.ID
	}
	return out
}
