package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/refersuite/refersuite/services/referral/internal/app"
	"github.com/refersuite/refersuite/services/referral/internal/domain"
)

func referralList(t *testing.T, s Stores) {
	for i, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		r := referral(id, "asha", i/2) // pairs share their time
		r.Status = domain.Lifecycle()[i*5%6]
		if id == "b" || id == "d" {
			r.Status = domain.Completed
		}
		must(t, s.Referrals.Insert(t.Context(), r))
	}
	must(t, s.Referrals.Insert(t.Context(), referral("x", "mina", 9)))
	all := app.ListQuery{ProgramID: "p", ReferrerID: "asha"}
	completed := all
	completed.Status = domain.Completed
	for _, c := range []struct {
		query app.ListQuery
		limit int
		want  []string
	}{
		{all, 10, []string{"g", "f", "e", "d", "c", "b", "a"}},
		{all, 2, []string{"g", "f", "e", "d", "c", "b", "a"}},
		{all, 1, []string{"g", "f", "e", "d", "c", "b", "a"}},
		{completed, 1, []string{"d", "c", "b"}},
		{app.ListQuery{ProgramID: "other", ReferrerID: "asha"}, 5, nil},
	} {
		var got []string
		var after app.Cursor
		for {
			page, err := s.Referrals.List(t.Context(), c.query, after, c.limit)
			must(t, err)
			if len(page) == 0 {
				break
			}
			for _, a := range page {
				got = append(got, a.ID)
			}
			last := page[len(page)-1]
			after = app.Cursor{CreatedAt: last.CreatedAt, ID: last.ID}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v by %d: got %v, want %v", c.query, c.limit, got, c.want)
		}
	}
}

// referralListWhileMoving reads lists while their referrals move: each stands in every list once.
func referralListWhileMoving(t *testing.T, s Stores) {
	const n = 5
	for i := range n {
		must(t, s.Referrals.Insert(t.Context(), referral(fmt.Sprint("r", i), "asha", i)))
	}
	moved := make(chan error, 1)
	go func() { moved <- moveAll(t.Context(), s.Referrals, n) }()
	for done := false; !done; {
		select {
		case err := <-moved:
			must(t, err)
			done = true
		default:
		}
		page, err := s.Referrals.List(t.Context(), app.ListQuery{ProgramID: "p", ReferrerID: "asha"}, app.Cursor{}, n+1)
		if err != nil {
			t.Error(err)
		}
		var got []string
		for _, a := range page {
			got = append(got, a.ID)
		}
		if !slices.Equal(got, []string{"r4", "r3", "r2", "r1", "r0"}) {
			t.Errorf("got %v", got)
		}
	}
}

// moveAll takes n referrals through their whole life.
func moveAll(ctx context.Context, store app.ReferralStore, n int) error {
	for _, status := range domain.Lifecycle()[1:] {
		for i := range n {
			a, err := store.Get(ctx, fmt.Sprint("r", i))
			if err != nil {
				return err
			}
			a = a.Clone()
			a.Version++
			a.Status = status
			if err := store.Save(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}
