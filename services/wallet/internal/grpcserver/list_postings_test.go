package grpcserver

import (
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/page"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// FuzzPostingsPlace reads page tokens: whatever they are, they give a place in an account or the one refusal.
func FuzzPostingsPlace(f *testing.F) {
	query := postingsQuery{
		List: "wallet.postings", User: "ann", Currency: "INR", Kinds: []domain.PostingKind{domain.PostingRelease}, Program: "p1",
		From: time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC),
	}
	for _, cursor := range []any{
		postingsCursor{Before: 7, After: 2}, postingsCursor{}, postingsCursor{Before: -1}, postingsCursor{Before: 1, After: -1}, "text", nil,
		map[string]any{"before": 1.5},
	} {
		token, err := page.Encode(query, cursor)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(token)
	}
	f.Add("")
	f.Add("!")
	f.Fuzz(func(t *testing.T, token string) {
		place, err := postingsPlace(token, query)
		switch {
		case err != nil:
			if errs.CodeOf(err) != errs.InvalidArgument || errs.Reason(err) != page.ReasonTokenInvalid || place != (app.PostingsPlace{}) {
				t.Fatalf("got %+v, %v", place, err)
			}
			return
		case token == "":
			return
		case place.Before < 1 || place.After < 0:
			t.Fatalf("got %+v", place)
		}
		other := query
		other.Program = "p2"
		if place, err := postingsPlace(token, other); err == nil {
			t.Fatalf("another query took it: %+v", place)
		}
	})
}

func TestKindsAreTheSameInBothDirections(t *testing.T) {
	for number, name := range walletv1.PostingKind_name {
		kind := walletv1.PostingKind(number)
		if number == 0 {
			continue
		}
		known := postingKindFromProto(kind)
		if name != "POSTING_KIND_"+string(known) || postingKindToProto(known) != kind {
			t.Errorf("%s is %q", name, known)
		}
	}
}
