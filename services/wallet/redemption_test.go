package wallet_test

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/page"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
	"github.com/refersuite/refersuite/services/wallet/internal/app"
	"github.com/refersuite/refersuite/services/wallet/internal/domain"
)

const payoutSecret = "a-secret-of-16-bytes-or-more"

// serveRedemptions serves a wallet whose payouts go to a directory of the test, or as adapt says. Ann has 50,000.
func serveRedemptions(t *testing.T, adapt func(*wallet.Redemption)) (world, walletv1.WalletServiceClient) {
	t.Helper()
	w, stop := start(t, func(cfg *wallet.Config, _ *service.Parts) {
		cfg.Redemption.Dir = t.TempDir()
		adapt(&cfg.Redemption)
	})
	t.Cleanup(stop)
	client := walletv1.NewWalletServiceClient(w.conn)
	for n := range 10 {
		request := issueRequest(n)
		request.HoldPeriod = nil
		_, err := client.IssueReward(w.system(t), request)
		must(t, err)
	}
	return w, client
}

func redeem(id string, amount int64) *walletv1.RequestRedemptionRequest {
	return &walletv1.RequestRedemptionRequest{RedemptionId: id, UserId: "ann", AmountMinor: amount, Currency: "INR", Destination: "upi:ann-7"}
}

// waitFor asks again, while the background works, until a redemption of ann is in a state.
func (w world) waitFor(t *testing.T, id string, status walletv1.RedemptionStatus) *walletv1.Redemption {
	t.Helper()
	ctx, client := testkit.Context(t), walletv1.NewWalletServiceClient(w.conn)
	for {
		got, err := client.GetRedemption(w.as(t, "root", access.RoleAdmin), &walletv1.GetRedemptionRequest{UserId: "ann", RedemptionId: id})
		must(t, err)
		if got.GetRedemption().GetStatus() == status {
			return got.GetRedemption()
		}
		w.clock.Advance(time.Second)
		must(t, clock.Wait(ctx, clock.System(), time.Millisecond))
	}
}

func TestM7_RedemptionIsPaidByFileOverTheWire(t *testing.T) {
	dir := t.TempDir()
	w, client := serveRedemptions(t, func(c *wallet.Redemption) { c.Dir = dir })
	ann := w.as(t, "ann", access.RoleUser)
	first, err := client.RequestRedemption(ann, redeem("x1", 20000))
	must(t, err)
	x := first.GetRedemption()
	if first.GetReplayed() || x.GetStatus() != walletv1.RedemptionStatus_REDEMPTION_STATUS_REQUESTED || x.GetProvider() != "file" ||
		!x.GetRequestedAt().AsTime().Equal(w.clock.Now()) || x.GetSubmittedAt() != nil || x.GetSettledAt() != nil {
		t.Fatalf("got %v", first)
	}
	again, err := client.RequestRedemption(ann, redeem("x1", 20000))
	must(t, err)
	if !again.GetReplayed() {
		t.Fatalf("got %v", again)
	}
	_, err = client.RequestRedemption(ann, redeem("x1", 20001))
	wantStatus(t, err, codes.AlreadyExists, command.ReasonReused, "")

	x = w.waitFor(t, "x1", walletv1.RedemptionStatus_REDEMPTION_STATUS_SUBMITTED)
	for x.GetProviderReference() == "" {
		x = w.waitFor(t, "x1", walletv1.RedemptionStatus_REDEMPTION_STATUS_SUBMITTED)
	}
	name, _, _ := strings.Cut(x.GetProviderReference(), ":")
	file, err := os.Open(filepath.Join(dir, name))
	must(t, err)
	rows, err := csv.NewReader(file).ReadAll()
	must(t, err)
	must(t, file.Close())
	if len(rows) != 2 || strings.Join(rows[1][:5], " ") != "x1 200.00 INR 20000 upi:ann-7" {
		t.Fatalf("the file holds %v", rows)
	}
	root := w.as(t, "root", access.RoleAdmin)
	paid, err := client.ConfirmRedemption(root, &walletv1.ConfirmRedemptionRequest{
		RedemptionId: "x1", Outcome: walletv1.PayoutOutcome_PAYOUT_OUTCOME_PAID, ProviderReference: "utr-1",
	})
	must(t, err)
	if x := paid.GetRedemption(); x.GetStatus() != walletv1.RedemptionStatus_REDEMPTION_STATUS_PAID || x.GetProviderReference() != "utr-1" || x.GetSettledAt() == nil {
		t.Fatalf("got %v", paid)
	}
	balance, err := client.GetBalance(root, &walletv1.GetBalanceRequest{UserId: "ann", Currency: "INR"})
	must(t, err)
	if balance.GetAvailableMinor() != 30000 || balance.GetPendingMinor() != 0 {
		t.Fatalf("got %v", balance)
	}
	postings, err := client.ListPostings(root, &walletv1.ListPostingsRequest{UserId: "ann", Currency: "INR", PageSize: 2})
	must(t, err)
	if p := postings.GetPostings()[0]; p.GetKind() != walletv1.PostingKind_POSTING_KIND_REDEMPTION_PAID || p.GetDestination() != "payout/file" ||
		p.GetRedemptionId() != "x1" || p.GetActor() != "root" {
		t.Fatalf("got %v", p)
	}
	whole, err := client.Reconcile(root, &walletv1.ReconcileRequest{})
	must(t, err)
	if !whole.GetVerified() || !whole.GetZeroSum() {
		t.Fatalf("got %v", whole)
	}
}

func TestM7_PeopleReachTheirOwnRedemptionsOnly(t *testing.T) {
	w, client := serveRedemptions(t, func(c *wallet.Redemption) { c.CancelWindow = time.Hour })
	ann, bob, root := w.as(t, "ann", access.RoleUser), w.as(t, "bob", access.RoleUser), w.as(t, "root", access.RoleAdmin)
	_, err := client.RequestRedemption(bob, redeem("x1", 20000))
	wantStatus(t, err, codes.PermissionDenied, access.ReasonSubjectMismatch, "user_id")
	_, err = client.RequestRedemption(ann, redeem("x1", 20000))
	must(t, err)
	_, err = client.GetRedemption(bob, &walletv1.GetRedemptionRequest{UserId: "bob", RedemptionId: "x1"})
	wantStatus(t, err, codes.NotFound, "REDEMPTION_NOT_FOUND", "")
	_, err = client.GetRedemption(bob, &walletv1.GetRedemptionRequest{UserId: "ann", RedemptionId: "x1"})
	wantStatus(t, err, codes.PermissionDenied, access.ReasonSubjectMismatch, "user_id")
	_, err = client.CancelRedemption(bob, &walletv1.CancelRedemptionRequest{UserId: "bob", RedemptionId: "x1"})
	wantStatus(t, err, codes.NotFound, "REDEMPTION_NOT_FOUND", "")
	_, err = client.ConfirmRedemption(ann, &walletv1.ConfirmRedemptionRequest{RedemptionId: "x1", Outcome: walletv1.PayoutOutcome_PAYOUT_OUTCOME_PAID})
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	for _, user := range []string{"", "ann"} { // everybody's, and another's
		_, err = client.ListRedemptions(bob, &walletv1.ListRedemptionsRequest{UserId: user})
		wantStatus(t, err, codes.PermissionDenied, access.ReasonSubjectMismatch, "user_id")
	}
	for user, ctx := range map[string]int{"": 1, "ann": 1, "bob": 0} {
		got, err := client.ListRedemptions(root, &walletv1.ListRedemptionsRequest{UserId: user})
		must(t, err)
		if len(got.GetRedemptions()) != ctx {
			t.Errorf("root sees of %q: %v", user, got)
		}
	}
	cancelled, err := client.CancelRedemption(ann, &walletv1.CancelRedemptionRequest{UserId: "ann", RedemptionId: "x1"})
	must(t, err)
	if cancelled.GetReplayed() || cancelled.GetRedemption().GetStatus() != walletv1.RedemptionStatus_REDEMPTION_STATUS_CANCELLED {
		t.Fatalf("got %v", cancelled)
	}
}

func TestM7_RedemptionRefusalsAreTyped(t *testing.T) {
	w, client := serveRedemptions(t, func(*wallet.Redemption) {})
	ann := w.as(t, "ann", access.RoleUser)
	_, err := client.RequestRedemption(ann, redeem("x1", 9999))
	wantStatus(t, err, codes.InvalidArgument, "AMOUNT_TOO_SMALL", "amount_minor")
	_, err = client.RequestRedemption(ann, redeem("x1", 5000001))
	wantStatus(t, err, codes.InvalidArgument, "AMOUNT_TOO_LARGE", "amount_minor")
	_, err = client.RequestRedemption(ann, redeem("x1", 50001))
	wantStatus(t, err, codes.FailedPrecondition, "INSUFFICIENT_FUNDS", "")
	for field, change := range map[string]func(*walletv1.RequestRedemptionRequest){
		"amount_minor":  func(r *walletv1.RequestRedemptionRequest) { r.AmountMinor = 0 },
		"currency":      func(r *walletv1.RequestRedemptionRequest) { r.Currency = "inr" },
		"redemption_id": func(r *walletv1.RequestRedemptionRequest) { r.RedemptionId = "=x" },
		"destination":   func(r *walletv1.RequestRedemptionRequest) { r.Destination = "" },
	} {
		request := redeem("x1", 20000)
		change(request)
		_, err := client.RequestRedemption(ann, request)
		wantStatus(t, err, codes.InvalidArgument, "", field)
	}
	for n := range 3 {
		_, err := client.RequestRedemption(ann, redeem([]string{"x1", "x2", "x3"}[n], 10000))
		must(t, err)
	}
	got, err := client.ListRedemptions(ann, &walletv1.ListRedemptionsRequest{UserId: "ann", PageSize: 2})
	must(t, err)
	if len(got.GetRedemptions()) != 2 || got.GetNextPageToken() == "" {
		t.Fatalf("got %v", got)
	}
	_, err = client.ListRedemptions(w.as(t, "root", access.RoleAdmin), &walletv1.ListRedemptionsRequest{PageToken: got.GetNextPageToken()})
	wantStatus(t, err, codes.InvalidArgument, page.ReasonTokenInvalid, "page_token")
	rest, err := client.ListRedemptions(ann, &walletv1.ListRedemptionsRequest{UserId: "ann", PageSize: 2, PageToken: got.GetNextPageToken()})
	must(t, err)
	if len(rest.GetRedemptions()) != 1 || rest.GetNextPageToken() != "" {
		t.Fatalf("got %v", rest)
	}
}

func TestM7_ProviderTellsByEventOverTheWire(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	w, client := serveRedemptions(t, func(c *wallet.Redemption) {
		c.Provider, c.URL, c.Secret, c.CancelWindow = "http", server.URL, payoutSecret, 0
	})
	_, err := client.RequestRedemption(w.as(t, "ann", access.RoleUser), redeem("x1", 20000))
	must(t, err)
	w.waitFor(t, "x1", walletv1.RedemptionStatus_REDEMPTION_STATUS_SUBMITTED)
	event := &walletv1.ReceivePayoutEventRequest{
		RedemptionId: "x1", Outcome: walletv1.PayoutOutcome_PAYOUT_OUTCOME_FAILED, ProviderReference: "po_1", Reason: "ACCOUNT_UNKNOWN",
		Timestamp: w.clock.Now().Unix(), Signature: strings.Repeat("0", 64),
	}
	_, err = client.ReceivePayoutEvent(testkit.Context(t), event)
	wantStatus(t, err, codes.Unauthenticated, "SIGNATURE_INVALID", "")
	event.Signature = app.PayoutEvent{
		RedemptionID: "x1", Outcome: domain.RedemptionFailed, Reference: "po_1", Reason: "ACCOUNT_UNKNOWN", Timestamp: event.GetTimestamp(),
	}.Sign([]byte(payoutSecret))
	for range 2 {
		_, err = client.ReceivePayoutEvent(testkit.Context(t), event)
		must(t, err)
	}
	x := w.waitFor(t, "x1", walletv1.RedemptionStatus_REDEMPTION_STATUS_FAILED)
	if x.GetReason() != "ACCOUNT_UNKNOWN" || x.GetProviderReference() != "po_1" {
		t.Fatalf("got %v", x)
	}
	balance, err := client.GetBalance(w.system(t), &walletv1.GetBalanceRequest{UserId: "ann", Currency: "INR"})
	must(t, err)
	if balance.GetAvailableMinor() != 50000 || balance.GetPendingMinor() != 0 {
		t.Fatalf("got %v", balance)
	}
}

// TestEventSignatureOfTheDocumentation pins the worked example of the README, which openssl computes too.
func TestEventSignatureOfTheDocumentation(t *testing.T) {
	got := app.PayoutEvent{RedemptionID: "x1", Outcome: domain.RedemptionPaid, Reference: "po_1", Timestamp: 1772366400}.Sign([]byte(payoutSecret))
	if want := "432ada31439361e20be24993eb37a8b1a60effad4ad00e01816ca3ea448d5c33"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestRedemptionSettingsAreChecked(t *testing.T) {
	for name, value := range map[string]string{
		"REDEMPTION_LIMITS": "INR", "REDEMPTION_TIME_ZONE": "Asia/Nowhere", "REDEMPTION_CANCEL_WINDOW": "25h", "PAYOUT_PROVIDER": "none",
	} {
		_, err := config.LoadFrom[wallet.Config](map[string]string{name: value})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: got %v", name, value, err)
		}
	}
	secretFile := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secretFile, []byte(payoutSecret+"\n"), 0o600))
	good := map[string]string{"PAYOUT_PROVIDER": "http", "PAYOUT_URL": "https://payouts.example.com/v1", "PAYOUT_SECRET_FILE": secretFile}
	cfg, err := config.LoadFrom[wallet.Config](good)
	must(t, err)
	if cfg.Redemption.Secret != payoutSecret {
		t.Errorf("the secret is %q", cfg.Redemption.Secret)
	}
	for name, value := range map[string]string{"PAYOUT_URL": "http://payouts.example.com", "PAYOUT_TIMEOUT": "2m"} {
		bad := map[string]string{name: value, "PAYOUT_PROVIDER": "http", "PAYOUT_SECRET": payoutSecret}
		if bad["PAYOUT_URL"] == "" {
			bad["PAYOUT_URL"] = good["PAYOUT_URL"]
		}
		if _, err := config.LoadFrom[wallet.Config](bad); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: got %v", name, value, err)
		}
	}
	_, err = config.LoadFrom[wallet.Config](map[string]string{"PAYOUT_PROVIDER": "http", "PAYOUT_URL": good["PAYOUT_URL"], "PAYOUT_SECRET": "short-secret"})
	if err == nil || !strings.Contains(err.Error(), "PAYOUT_SECRET") || strings.Contains(err.Error(), "short-secret") {
		t.Errorf("got %v", err)
	}
}
