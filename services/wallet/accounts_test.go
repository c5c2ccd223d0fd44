package wallet_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/command"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/page"
	"github.com/refersuite/refersuite/pkg/service"
	"github.com/refersuite/refersuite/pkg/testkit"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
	"github.com/refersuite/refersuite/services/wallet"
)

const trace = "0af7651916cd43dd8448eb211c80319c"

// serveTraced is serve with spans.
func serveTraced(t *testing.T) world {
	t.Helper()
	w, stop := start(t, func(_ *wallet.Config, parts *service.Parts) {
		telemetry := *otelx.Discard()
		telemetry.TracerProvider = testkit.Spans(t).Provider()
		parts.Telemetry = &telemetry
	})
	t.Cleanup(stop)
	return w
}

func adjustRequest(n int, amount int64) *walletv1.AdjustBalanceRequest {
	return &walletv1.AdjustBalanceRequest{
		CommandId: fmt.Sprintf("adjust/%d", n), UserId: "ann", Currency: "INR", AmountMinor: amount, Reason: "goodwill",
	}
}

// free is issueRequest without hold.
func free(n int) *walletv1.IssueRewardRequest {
	r := issueRequest(n)
	r.HoldPeriod = durationpb.New(0)
	return r
}

func TestM3_AdjustmentsNameTheirActorAndTrace(t *testing.T) {
	w := serveTraced(t)
	client := walletv1.NewWalletServiceClient(w.conn)
	admin := metadata.AppendToOutgoingContext(w.as(t, "root", access.RoleAdmin), "traceparent", "00-"+trace+"-b7ad6b7169203331-01")
	got, err := client.AdjustBalance(admin, adjustRequest(1, 700))
	must(t, err)
	p := got.GetPosting()
	if got.GetReplayed() || p.GetKind() != walletv1.PostingKind_POSTING_KIND_ADJUSTMENT_CREDIT || p.GetSource() != "adjustment" ||
		p.GetDestination() != "user/ann/available" || p.GetActor() != "root" || p.GetReason() != "goodwill" || p.GetTraceId() != trace {
		t.Fatalf("got %v", got)
	}
	again, err := client.AdjustBalance(w.as(t, "another", access.RoleAdmin), adjustRequest(1, 700))
	must(t, err)
	if !again.GetReplayed() || !proto.Equal(again.GetPosting(), p) {
		t.Fatalf("replayed %v", again)
	}
	for _, role := range []string{access.RoleUser, access.RoleSystem} {
		_, err = client.AdjustBalance(w.as(t, "ann", role), adjustRequest(2, 1))
		wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	}
}

func TestM3_BadAdjustmentsWriteNothing(t *testing.T) {
	w := serve(t)
	client, admin := walletv1.NewWalletServiceClient(w.conn), w.as(t, "root", access.RoleAdmin)
	_, err := client.AdjustBalance(admin, adjustRequest(1, 100))
	must(t, err)
	for name, c := range map[string]struct {
		change        func(*walletv1.AdjustBalanceRequest)
		code          codes.Code
		reason, field string
	}{
		"zero":       {func(r *walletv1.AdjustBalanceRequest) { r.AmountMinor = 0 }, codes.InvalidArgument, "", "amount_minor"},
		"too much":   {func(r *walletv1.AdjustBalanceRequest) { r.AmountMinor = 1<<63 - 1 }, codes.InvalidArgument, "", "amount_minor"},
		"too little": {func(r *walletv1.AdjustBalanceRequest) { r.AmountMinor = -1 << 63 }, codes.InvalidArgument, "", "amount_minor"},
		"no reason":  {func(r *walletv1.AdjustBalanceRequest) { r.Reason = "" }, codes.InvalidArgument, "", "reason"},
		"no person":  {func(r *walletv1.AdjustBalanceRequest) { r.UserId = "" }, codes.InvalidArgument, "", "user_id"},
		"currency":   {func(r *walletv1.AdjustBalanceRequest) { r.Currency = "rupees" }, codes.InvalidArgument, "", "currency"},
		"id":         {func(r *walletv1.AdjustBalanceRequest) { r.CommandId = "1" }, codes.InvalidArgument, "", "command_id"},
		"not covered": {
			func(r *walletv1.AdjustBalanceRequest) { r.AmountMinor = -101 }, codes.FailedPrecondition, "INSUFFICIENT_FUNDS", "",
		},
		"reused id": {func(r *walletv1.AdjustBalanceRequest) { r.CommandId = "adjust/1" }, codes.AlreadyExists, command.ReasonReused, ""},
		"reused id of another person": {
			func(r *walletv1.AdjustBalanceRequest) { r.CommandId, r.AmountMinor, r.UserId = "adjust/1", 100, "bob" },
			codes.AlreadyExists, command.ReasonReused, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			request := adjustRequest(2, 5)
			c.change(request)
			_, err := client.AdjustBalance(w.as(t, "root", access.RoleAdmin), request)
			wantStatus(t, err, c.code, c.reason, c.field)
		})
	}
	wantPostings(t, w, "ann", 1)
	wantPostings(t, w, "bob", 0)
}

// wantPostings fails unless a person's account has so many postings.
func wantPostings(t *testing.T, w world, user string, n int64) {
	t.Helper()
	got, err := walletv1.NewWalletServiceClient(w.conn).GetBalance(w.system(t), &walletv1.GetBalanceRequest{UserId: user, Currency: "INR"})
	must(t, err)
	if got.GetPostings() != n {
		t.Fatalf("%s has %v, want %d postings", user, got, n)
	}
}

func TestM1_AmountsThatOverflowAreRefused(t *testing.T) {
	w := serve(t)
	client := walletv1.NewWalletServiceClient(w.conn)
	for name, amount := range map[string]int64{"zero": 0, "negative": -5, "too much": 1_000_000_000_001, "most": 1<<63 - 1} {
		request := issueRequest(1)
		request.AmountMinor = amount
		_, err := client.IssueReward(w.system(t), request)
		if wantStatus(t, err, codes.InvalidArgument, "", "amount_minor"); t.Failed() {
			t.Fatal(name)
		}
	}
	_, err := client.IssueReward(w.system(t), issueRequest(1))
	must(t, err)
	foreign := issueRequest(2)
	foreign.Currency = "USD"
	_, err = client.IssueReward(w.system(t), foreign)
	wantStatus(t, err, codes.FailedPrecondition, "CURRENCY_MISMATCH", "")
	wantPostings(t, w, "ann", 1)
}

func TestM7_AccountsAreFrozenThawedAndClosed(t *testing.T) {
	w := serve(t)
	client, admin := walletv1.NewWalletServiceClient(w.conn), w.as(t, "root", access.RoleAdmin)
	_, err := client.IssueReward(w.system(t), free(1))
	must(t, err)
	freeze := &walletv1.FreezeAccountRequest{UserId: "ann", Currency: "INR", Reason: "review"}
	for _, replayed := range []bool{false, true} {
		got, err := client.FreezeAccount(admin, freeze)
		must(t, err)
		if a := got.GetAccount(); got.GetReplayed() != replayed || a.GetStatus() != walletv1.AccountStatus_ACCOUNT_STATUS_FROZEN ||
			a.GetAvailableMinor() != 5000 || a.GetPostings() != 2 || a.GetUserId() != "ann" {
			t.Fatalf("replayed %v: got %v", replayed, got)
		}
	}
	thawed, err := client.UnfreezeAccount(admin, &walletv1.UnfreezeAccountRequest{UserId: "ann", Currency: "INR", Reason: "fine"})
	must(t, err)
	if thawed.GetReplayed() || thawed.GetAccount().GetStatus() != walletv1.AccountStatus_ACCOUNT_STATUS_ACTIVE {
		t.Fatalf("got %v", thawed)
	}
	closing := &walletv1.CloseAccountRequest{UserId: "ann", Currency: "INR", Reason: "left"}
	_, err = client.CloseAccount(admin, closing)
	wantStatus(t, err, codes.FailedPrecondition, "ACCOUNT_NOT_EMPTY", "")
	if !strings.Contains(err.Error(), "INR 50.00 available") {
		t.Fatalf("it does not say what is left: %v", err)
	}
	_, err = client.AdjustBalance(admin, adjustRequest(1, -5000))
	must(t, err)
	for _, replayed := range []bool{false, true} {
		got, err := client.CloseAccount(admin, closing)
		must(t, err)
		if got.GetReplayed() != replayed || got.GetAccount().GetStatus() != walletv1.AccountStatus_ACCOUNT_STATUS_CLOSED {
			t.Fatalf("replayed %v: got %v", replayed, got)
		}
	}
	_, err = client.FreezeAccount(admin, freeze)
	wantStatus(t, err, codes.FailedPrecondition, "ACCOUNT_CLOSED", "")
	_, err = client.AdjustBalance(admin, adjustRequest(2, 1))
	wantStatus(t, err, codes.FailedPrecondition, "ACCOUNT_CLOSED", "")
	_, err = client.FreezeAccount(admin, &walletv1.FreezeAccountRequest{UserId: "ann", Currency: "INR"})
	wantStatus(t, err, codes.InvalidArgument, "", "reason")
	_, err = client.CloseAccount(w.as(t, "ann", access.RoleUser), closing)
	wantStatus(t, err, codes.PermissionDenied, access.ReasonRoleRequired, "")
	wantPostings(t, w, "ann", 5)
}

func TestPostingsAreFilteredOverTheWire(t *testing.T) {
	w := serve(t)
	client := walletv1.NewWalletServiceClient(w.conn)
	begin := w.clock.Now()
	for n := range 4 {
		_, err := client.IssueReward(w.system(t), free(n))
		must(t, err)
		w.clock.Advance(time.Minute)
	}
	_, err := client.AdjustBalance(w.as(t, "root", access.RoleAdmin), adjustRequest(1, 1))
	must(t, err)
	query := func(change func(*walletv1.ListPostingsRequest)) *walletv1.ListPostingsRequest {
		r := &walletv1.ListPostingsRequest{
			UserId: "ann", Currency: "INR", PageSize: 1, ProgramId: "p1", From: timestamppb.New(begin), To: timestamppb.New(begin.Add(3 * time.Minute)),
			Kinds: []walletv1.PostingKind{walletv1.PostingKind_POSTING_KIND_REWARD_AVAILABLE, walletv1.PostingKind_POSTING_KIND_ADJUSTMENT_CREDIT},
		}
		change(r)
		return r
	}
	same := func(*walletv1.ListPostingsRequest) {}
	first, err := client.ListPostings(w.system(t), query(same))
	must(t, err)
	if len(first.GetPostings()) != 1 || first.GetPostings()[0].GetSeq() != 3 || first.GetNextPageToken() == "" {
		t.Fatalf("got %v", first)
	}
	other := query(func(r *walletv1.ListPostingsRequest) {
		r.PageToken, r.PageSize = first.GetNextPageToken(), 5
		r.Kinds[0], r.Kinds[1] = r.Kinds[1], r.Kinds[0] // the order of kinds does not matter
	})
	second, err := client.ListPostings(w.system(t), other)
	must(t, err)
	if len(second.GetPostings()) != 2 || second.GetPostings()[1].GetSeq() != 1 || second.GetNextPageToken() != "" {
		t.Fatalf("got %v", second)
	}
	for name, change := range map[string]func(*walletv1.ListPostingsRequest){
		"person":   func(r *walletv1.ListPostingsRequest) { r.UserId = "bob" },
		"currency": func(r *walletv1.ListPostingsRequest) { r.Currency = "USD" },
		"kinds":    func(r *walletv1.ListPostingsRequest) { r.Kinds = r.Kinds[:1] },
		"program":  func(r *walletv1.ListPostingsRequest) { r.ProgramId = "" },
		"referral": func(r *walletv1.ListPostingsRequest) { r.ReferralId = "r1" },
		"from":     func(r *walletv1.ListPostingsRequest) { r.From = nil },
		"to":       func(r *walletv1.ListPostingsRequest) { r.To = timestamppb.New(begin.Add(time.Minute)) },
		"token":    func(r *walletv1.ListPostingsRequest) { r.PageToken = "A" + r.GetPageToken() },
	} {
		t.Run(name, func(t *testing.T) {
			request := query(func(r *walletv1.ListPostingsRequest) { r.PageToken = first.GetNextPageToken() })
			change(request)
			_, err := client.ListPostings(w.system(t), request)
			wantStatus(t, err, codes.InvalidArgument, page.ReasonTokenInvalid, "page_token")
		})
	}
}

func TestPeriodsThatCannotBeAreRefused(t *testing.T) {
	w := serve(t)
	client, at := walletv1.NewWalletServiceClient(w.conn), w.clock.Now()
	never := &timestamppb.Timestamp{Nanos: -1}
	for name, c := range map[string]struct {
		from, to *timestamppb.Timestamp
		field    string
	}{
		"backwards":  {timestamppb.New(at), timestamppb.New(at.Add(-time.Second)), "to"},
		"empty":      {timestamppb.New(at), timestamppb.New(at), "to"},
		"no moment":  {never, nil, "from"},
		"no moment ": {nil, never, "to"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := w.system(t)
			_, err := client.ListPostings(ctx, &walletv1.ListPostingsRequest{UserId: "ann", Currency: "INR", From: c.from, To: c.to})
			wantStatus(t, err, codes.InvalidArgument, "PERIOD_INVALID", c.field)
			_, err = client.GetStatement(ctx, &walletv1.GetStatementRequest{UserId: "ann", Currency: "INR", From: c.from, To: c.to})
			wantStatus(t, err, codes.InvalidArgument, "PERIOD_INVALID", c.field)
			_, err = client.DownloadStatement(ctx, &walletv1.DownloadStatementRequest{UserId: "ann", Currency: "INR", From: c.from, To: c.to})
			wantStatus(t, err, codes.InvalidArgument, "PERIOD_INVALID", c.field)
		})
	}
	_, err := client.GetStatement(w.system(t), &walletv1.GetStatementRequest{UserId: "ann", Currency: "INR", From: timestamppb.New(at.Add(time.Hour))})
	wantStatus(t, err, codes.InvalidArgument, "PERIOD_INVALID", "from")
}

func TestM3_StatementsAreReadAndDownloaded(t *testing.T) {
	w := serve(t)
	client := walletv1.NewWalletServiceClient(w.conn)
	for n := range 3 {
		_, err := client.IssueReward(w.system(t), free(n))
		must(t, err)
		w.clock.Advance(time.Hour)
	}
	ann := w.as(t, "ann", access.RoleUser)
	from := timestamppb.New(w.clock.Now().Add(-2 * time.Hour))
	answer, err := client.GetStatement(ann, &walletv1.GetStatementRequest{UserId: "ann", Currency: "INR", From: from})
	must(t, err)
	s := answer.GetStatement()
	if s.GetOpening().GetAvailableMinor() != 5000 || s.GetClosing().GetAvailableMinor() != 15000 || len(s.GetPostings()) != 2 ||
		s.GetCreditedMinor() != 10000 || s.GetDebitedMinor() != 0 || s.GetClosingHash() != s.GetPostings()[1].GetHash() ||
		s.GetPostings()[0].GetSeq() != 2 || !proto.Equal(s.GetFrom(), from) || !s.GetTo().AsTime().Equal(w.clock.Now()) {
		t.Fatalf("got %v", s)
	}
	var header metadata.MD
	file, err := client.DownloadStatement(ann, &walletv1.DownloadStatementRequest{UserId: "ann", Currency: "INR"}, grpc.Header(&header))
	must(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(file.GetData()))).ReadAll()
	if err != nil || len(rows) != 4 || !strings.HasPrefix(file.GetContentType(), "text/csv") {
		t.Fatalf("got %s with %d rows, %v", file.GetContentType(), len(rows), err)
	}
	if name := header.Get("content-disposition"); len(name) != 1 || name[0] != `attachment; filename="statement-ann-INR-20260102-20260102.csv"` {
		t.Fatalf("the file is %q", name)
	}
	file, err = client.DownloadStatement(ann, &walletv1.DownloadStatementRequest{
		UserId: "ann", Currency: "INR", Format: walletv1.StatementFormat_STATEMENT_FORMAT_HTML,
	})
	must(t, err)
	if file.GetContentType() != "text/html; charset=utf-8" || !strings.Contains(string(file.GetData()), "150.00") {
		t.Fatalf("got %s %s", file.GetContentType(), file.GetData())
	}
	_, err = client.DownloadStatement(ann, &walletv1.DownloadStatementRequest{UserId: "ann", Currency: "INR", Format: 9})
	wantStatus(t, err, codes.InvalidArgument, "", "format")
	_, err = client.GetStatement(ann, &walletv1.GetStatementRequest{UserId: "bob", Currency: "INR"})
	wantStatus(t, err, codes.PermissionDenied, access.ReasonSubjectMismatch, "user_id")
	empty, err := client.GetStatement(w.system(t), &walletv1.GetStatementRequest{UserId: "nobody", Currency: "INR"})
	must(t, err)
	if s := empty.GetStatement(); len(s.GetPostings()) != 0 || s.GetFrom() != nil || s.GetClosingHash() != "" || s.GetClosing() == nil {
		t.Fatalf("got %v", s)
	}
}

func TestPostingsAreExplainedOverTheWire(t *testing.T) {
	w := serveTraced(t)
	client := walletv1.NewWalletServiceClient(w.conn)
	traced := metadata.AppendToOutgoingContext(w.system(t), "traceparent", "00-"+trace+"-b7ad6b7169203331-01")
	issued, err := client.IssueReward(traced, issueRequest(1))
	must(t, err)
	reward := issued.GetPosting().GetCommandId()
	_, err = client.ReverseReward(w.system(t), &walletv1.ReverseRewardRequest{
		CommandId: "reverse/" + reward, RewardId: reward, BeneficiaryId: "ann", Currency: "INR", Reason: "FRAUD",
	})
	must(t, err)
	ann := w.as(t, "ann", access.RoleUser)
	got, err := client.ExplainPosting(ann, &walletv1.ExplainPostingRequest{UserId: "ann", Currency: "INR", Seq: 1})
	must(t, err)
	text := strings.Join(got.GetSentences(), "\n")
	for _, want := range []string{"INR 50.00 was credited", "version 1", "tier STARTER", "cancelled on", "FRAUD", reward, trace} {
		if !strings.Contains(text, want) {
			t.Errorf("the explanation does not say %q:\n%s", want, text)
		}
	}
	if len(got.GetRelated()) != 1 || got.GetRelated()[0].GetKind() != walletv1.PostingKind_POSTING_KIND_HOLD_REVERSAL ||
		got.GetSide() != walletv1.Side_SIDE_REFERRER || got.GetRewardKind() != walletv1.RewardKind_REWARD_KIND_REFERRAL ||
		!proto.Equal(got.GetPosting(), issued.GetPosting()) || got.GetPosting().GetTraceId() != trace {
		t.Fatalf("got %v", got)
	}
	_, err = client.ExplainPosting(ann, &walletv1.ExplainPostingRequest{UserId: "ann", Currency: "INR", Seq: 3})
	wantStatus(t, err, codes.NotFound, "POSTING_NOT_FOUND", "")
	_, err = client.ExplainPosting(ann, &walletv1.ExplainPostingRequest{UserId: "ann", Currency: "INR"})
	wantStatus(t, err, codes.InvalidArgument, "", "seq")
}
