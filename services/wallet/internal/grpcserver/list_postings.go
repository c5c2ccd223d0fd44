package grpcserver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/page"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

const (
	defaultPageSize = 50
	maxPageSize     = 500
)

// Postings are the use cases that read an account.
type Postings interface {
	// Select returns a page of postings, newest first, and where the next one begins; nil at the end.
	Select(ctx context.Context, q app.PostingsQuery, at app.PostingsPlace, limit int) ([]app.Posted, *app.PostingsPlace, error)
	// Statement returns an account over a period.
	Statement(ctx context.Context, user, currency string, from, to time.Time) (app.Statement, error)
	// Explain tells why a posting has its amount.
	Explain(ctx context.Context, user, currency string, seq int64) (app.Explanation, error)
}

// postingsQuery is what a page token of ListPostings belongs to.
type postingsQuery struct {
	List     string               `json:"list"`
	User     string               `json:"user"`
	Currency string               `json:"currency"`
	Kinds    []domain.PostingKind `json:"kinds,omitempty"`
	Program  string               `json:"program,omitempty"`
	Referral string               `json:"referral,omitempty"`
	From     time.Time            `json:"from,omitzero"`
	To       time.Time            `json:"to,omitzero"`
}

// postingsCursor is where a page begins: before a position of the account, and after one.
type postingsCursor struct {
	Before int64 `json:"before"`
	After  int64 `json:"after,omitempty"`
}

// ListPostings returns the postings of one person in one currency, newest first.
func (s *Server) ListPostings(ctx context.Context, req *walletv1.ListPostingsRequest) (*walletv1.ListPostingsResponse, error) {
	query, err := postingsQueryFromProto(req)
	if err != nil {
		return nil, err
	}
	id := postingsQuery{
		List: "wallet.postings", User: query.User, Currency: query.Currency, Kinds: query.Kinds,
		Program: query.ProgramID, Referral: query.ReferralID, From: query.From, To: query.To,
	}
	place, err := postingsPlace(req.GetPageToken(), id)
	if err != nil {
		return nil, err
	}
	list, next, err := s.ledger.Select(ctx, query, place, page.Size(req.GetPageSize(), defaultPageSize, maxPageSize))
	if err != nil {
		return nil, err
	}
	answer := &walletv1.ListPostingsResponse{Postings: postingsToProto(list)}
	if next != nil {
		if answer.NextPageToken, err = page.Encode(id, postingsCursor(*next)); err != nil {
			return nil, fmt.Errorf("make the next page token: %w", err)
		}
	}
	return answer, nil
}

// postingsPlace reads a page token; the empty one is the first page.
func postingsPlace(token string, query postingsQuery) (app.PostingsPlace, error) {
	if token == "" {
		return app.PostingsPlace{}, nil
	}
	var cursor postingsCursor
	if err := page.Decode(token, query, &cursor); err != nil {
		return app.PostingsPlace{}, err
	}
	if cursor.Before < 1 || cursor.After < 0 {
		return app.PostingsPlace{}, errs.Invalid(page.ReasonTokenInvalid, "page_token", "the page token was not made by this list: leave it empty for the first page")
	}
	return app.PostingsPlace(cursor), nil
}

// postingsQueryFromProto returns the query with its kinds in order, so that equal queries are equal.
func postingsQueryFromProto(req *walletv1.ListPostingsRequest) (app.PostingsQuery, error) {
	from, err := moment("from", req.GetFrom())
	if err != nil {
		return app.PostingsQuery{}, err
	}
	to, err := moment("to", req.GetTo())
	if err != nil {
		return app.PostingsQuery{}, err
	}
	query := app.PostingsQuery{
		User: req.GetUserId(), Currency: req.GetCurrency(), ProgramID: req.GetProgramId(), ReferralID: req.GetReferralId(),
		From: from, To: to,
	}
	for _, kind := range req.GetKinds() {
		query.Kinds = append(query.Kinds, postingKindFromProto(kind))
	}
	slices.Sort(query.Kinds)
	return query, nil
}

// moment returns the zero time for an absent timestamp, and refuses one out of range.
func moment(field string, at *timestamppb.Timestamp) (time.Time, error) {
	if at == nil {
		return time.Time{}, nil
	}
	if err := at.CheckValid(); err != nil {
		return time.Time{}, errs.Invalid(app.ReasonPeriodInvalid, field, "%s is not a time between the years 1 and 9999", field)
	}
	return at.AsTime(), nil
}
