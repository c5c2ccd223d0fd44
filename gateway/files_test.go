package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/errs"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// wallets is a wallet service that gives statements as files.
type wallets struct {
	walletv1.UnimplementedWalletServiceServer
}

func (wallets) DownloadStatement(ctx context.Context, req *walletv1.DownloadStatementRequest) (*httpbody.HttpBody, error) {
	if req.GetCurrency() == "USD" {
		return nil, errs.New(errs.FailedPrecondition, "STATEMENT_TOO_LONG", "choose a shorter period")
	}
	answer := metadata.Pairs("content-disposition", `attachment; filename="statement.html"`, "x-secret", "internal")
	if err := grpc.SetHeader(ctx, answer); err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: "text/html; charset=utf-8", Data: []byte("<p>" + req.GetFormat().String() + "</p>")}, nil
}

func TestFilesComeAsTheyAre(t *testing.T) {
	s := newSuite(t, nil)
	ann := s.as("ann", access.RoleUser)
	got := s.do("GET", "/v1/users/ann/statement:download?currency=INR&format=STATEMENT_FORMAT_HTML", "", ann)
	if got.status != http.StatusOK || got.raw != "<p>STATEMENT_FORMAT_HTML</p>" {
		t.Fatalf("got %d %s", got.status, got.raw)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Content-Disposition": `attachment; filename="statement.html"`,
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
	} {
		if got.header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.header.Get(name), want)
		}
	}
	for name := range got.header {
		if strings.Contains(name, "Secret") {
			t.Errorf("the header %s of the service came through", name)
		}
	}
	got = s.do("GET", "/v1/users/ann/statement:download?currency=USD", "", ann)
	if got.reason() != "STATEMENT_TOO_LONG" || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
		t.Fatalf("a refusal must stay JSON: %s", got.raw)
	}
}
