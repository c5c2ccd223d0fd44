package grpcserver

import (
	"context"
	"fmt"

	"github.com/refersuite/refersuite/pkg/page"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
)

const (
	defaultPageSize = 50
	maxPageSize     = 500
)

// Postings are the use cases that read an account.
type Postings interface {
	// Postings returns a page of postings, newest first.
	Postings(ctx context.Context, user, currency string, before int64, limit int) ([]app.Posted, bool, error)
}

// postingsQuery is what a page token of ListPostings belongs to.
type postingsQuery struct {
	List     string `json:"list"`
	User     string `json:"user"`
	Currency string `json:"currency"`
}

// postingsCursor is where a page begins: before a position of the account.
type postingsCursor struct {
	Before int64 `json:"before"`
}

// ListPostings returns the postings of one person in one currency, newest first.
func (s *Server) ListPostings(ctx context.Context, req *walletv1.ListPostingsRequest) (*walletv1.ListPostingsResponse, error) {
	query := postingsQuery{List: "wallet.postings", User: req.GetUserId(), Currency: req.GetCurrency()}
	var cursor postingsCursor
	if token := req.GetPageToken(); token != "" {
		if err := page.Decode(token, query, &cursor); err != nil {
			return nil, err
		}
	}
	size := page.Size(req.GetPageSize(), defaultPageSize, maxPageSize)
	list, more, err := s.ledger.Postings(ctx, req.GetUserId(), req.GetCurrency(), cursor.Before, size)
	if err != nil {
		return nil, err
	}
	answer := &walletv1.ListPostingsResponse{Postings: make([]*walletv1.Posting, 0, len(list))}
	for _, p := range list {
		answer.Postings = append(answer.Postings, postingToProto(p))
	}
	if more {
		if answer.NextPageToken, err = page.Encode(query, postingsCursor{Before: list[len(list)-1].Seq}); err != nil {
			return nil, fmt.Errorf("make the next page token: %w", err)
		}
	}
	return answer, nil
}
