package page_test

import (
	"testing"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/page"
)

type query struct{ User, Status string }

func TestToken_RoundTrips(t *testing.T) {
	token, err := page.Encode(query{"u1", "DONE"}, 42)
	if err != nil {
		t.Fatal(err)
	}
	var got int
	if err := page.Decode(token, query{"u1", "DONE"}, &got); err != nil || got != 42 {
		t.Fatalf("got %d, %v", got, err)
	}
}

func TestToken_OfAnotherQueryIsRefused(t *testing.T) {
	token, err := page.Encode(query{"u1", "DONE"}, 42)
	if err != nil {
		t.Fatal(err)
	}
	var got int
	for _, bad := range []string{token + "x", "not base64!", "", token[:4]} {
		if err := page.Decode(bad, query{"u1", "DONE"}, &got); errs.Reason(err) != page.ReasonTokenInvalid {
			t.Errorf("token %q: %v", bad, err)
		}
	}
	if err := page.Decode(token, query{"u2", "DONE"}, &got); errs.Reason(err) != page.ReasonTokenInvalid {
		t.Errorf("another query: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("AAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, token string) {
		var got int
		if err := page.Decode(token, query{}, &got); err != nil && errs.Reason(err) != page.ReasonTokenInvalid {
			t.Fatalf("%q: %v", token, err)
		}
	})
}

func TestSize_HasADefaultAndALimit(t *testing.T) {
	for _, tc := range []struct{ in, want int }{{0, 50}, {7, 7}, {900, 500}} {
		if got := page.Size(int32(tc.in), 50, 500); got != tc.want {
			t.Errorf("Size(%d) = %d, want %d", tc.in, got, tc.want)
		}
	}
}
