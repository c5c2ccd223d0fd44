package grpcserver

import (
	"context"
	"encoding/hex"
	"fmt"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/pkg/errs"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
	"github.com/refersuite/refersuite/services/wallet/internal/statementfile"
)

// maxStatementBytes is what fits into one message, with room for what goes around it.
const maxStatementBytes = 4<<20 - 16<<10

// periodRequest is what the requests for statements have in common.
type periodRequest interface {
	GetUserId() string
	GetCurrency() string
	GetFrom() *timestamppb.Timestamp
	GetTo() *timestamppb.Timestamp
}

// GetStatement returns an account over a period.
func (s *Server) GetStatement(ctx context.Context, req *walletv1.GetStatementRequest) (*walletv1.GetStatementResponse, error) {
	statement, err := s.statement(ctx, req)
	if err != nil {
		return nil, err
	}
	answer := &walletv1.GetStatementResponse{Statement: statementToProto(statement)}
	if err := checkSize(proto.Size(answer)); err != nil {
		return nil, err
	}
	return answer, nil
}

// DownloadStatement returns a statement as a file, whose name travels in the header content-disposition.
func (s *Server) DownloadStatement(ctx context.Context, req *walletv1.DownloadStatementRequest) (*httpbody.HttpBody, error) {
	statement, err := s.statement(ctx, req)
	if err != nil {
		return nil, err
	}
	write := statementfile.CSV
	if req.GetFormat() == walletv1.StatementFormat_STATEMENT_FORMAT_HTML {
		write = statementfile.HTML
	}
	file, err := write(statement)
	if err != nil {
		return nil, err
	}
	if err := checkSize(len(file.Data)); err != nil {
		return nil, err
	}
	if err := grpc.SetHeader(ctx, metadata.Pairs("content-disposition", fmt.Sprintf("attachment; filename=%q", file.Name))); err != nil {
		return nil, fmt.Errorf("name the file: %w", err)
	}
	return &httpbody.HttpBody{ContentType: file.ContentType, Data: file.Data}, nil
}

func (s *Server) statement(ctx context.Context, req periodRequest) (app.Statement, error) {
	from, err := moment("from", req.GetFrom())
	if err != nil {
		return app.Statement{}, err
	}
	to, err := moment("to", req.GetTo())
	if err != nil {
		return app.Statement{}, err
	}
	return s.ledger.Statement(ctx, req.GetUserId(), req.GetCurrency(), from, to)
}

// checkSize refuses what the transport would not carry.
func checkSize(n int) error {
	if n > maxStatementBytes {
		return errs.New(errs.FailedPrecondition, app.ReasonStatementTooLong,
			"the statement has %d bytes and an answer carries %d: choose a shorter period", n, maxStatementBytes)
	}
	return nil
}

func statementToProto(s app.Statement) *walletv1.Statement {
	message := &walletv1.Statement{
		UserId: s.User, Currency: s.Currency, From: timestamp(s.From), To: timestamp(s.To),
		Opening: statementBalance(s.Opening), Closing: statementBalance(s.Closing),
		Postings: postingsToProto(s.Postings), CreditedMinor: s.Credited, DebitedMinor: s.Debited,
	}
	if n := len(s.Postings); n > 0 {
		message.ClosingHash = hex.EncodeToString(s.Postings[n-1].Hash[:])
	}
	return message
}

func statementBalance(b domain.Balances) *walletv1.StatementBalance {
	return &walletv1.StatementBalance{HeldMinor: b.Held, AvailableMinor: b.Available, PendingMinor: b.Pending, OwedMinor: b.Owed}
}
