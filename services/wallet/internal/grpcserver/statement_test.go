package grpcserver

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/refersuite/refersuite/pkg/errs"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

// heavy is a ledger whose statements have as many postings as possible, each with a reason of some length.
type heavy struct {
	Ledger
	reason string
}

func (h heavy) Statement(_ context.Context, user, currency string, from, to time.Time) (app.Statement, error) {
	s := app.Statement{User: user, Currency: currency, From: from, To: to}
	for seq := range int64(app.MaxStatement) {
		s.Postings = append(s.Postings, app.Posted{
			Seq: seq + 1, Posting: domain.Posting{User: user, Currency: currency, Kind: domain.PostingAdjustmentCredit, Amount: 1, Reason: h.reason},
		})
	}
	return s, nil
}

func TestStatementThatNoMessageCarriesIsRefused(t *testing.T) {
	for _, long := range []bool{false, true} {
		server := &Server{ledger: heavy{reason: strings.Repeat("x", map[bool]int{false: 1, true: 800}[long])}}
		for name, call := range map[string]func() error{
			"data": func() error {
				_, err := server.GetStatement(t.Context(), &walletv1.GetStatementRequest{UserId: "ann", Currency: "INR"})
				return err
			},
			"file": func() error {
				_, err := server.DownloadStatement(t.Context(), &walletv1.DownloadStatementRequest{UserId: "ann", Currency: "INR"})
				return err
			},
		} {
			err := call()
			if refused := errs.Reason(err) == app.ReasonStatementTooLong && errs.CodeOf(err) == errs.FailedPrecondition; refused != long {
				t.Errorf("%s, long %v: got %v", name, long, err)
			}
		}
	}
}
