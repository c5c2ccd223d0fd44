package grpcx_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/audit"
	"github.com/refersuite/refersuite/pkg/audit/memaudit"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/grpcx"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
)

// world is a server with fake services behind the whole chain, and a client of it.
type world struct {
	clock  clock.Clock
	issuer *authn.Issuer
	audit  audit.Store
	log    *logBuffer
	tiers  *fakeTiers
	ops    *fakeOperations
	codes  *fakeCodes
	conn   *grpc.ClientConn
	listen *bufconn.Listener
	server *grpcx.Server
	stop   context.CancelFunc
	done   chan error
}

// setup may be changed by a test before the server is built.
type setup struct {
	config grpcx.ServerConfig
	deps   grpcx.ServerDeps
	client grpcx.ClientConfig
	dial   grpcx.ClientDeps
}

func newWorld(t testing.TB, tune ...func(*setup)) *world {
	t.Helper()
	w := &world{clock: clock.System(), log: &logBuffer{}, tiers: &fakeTiers{}, ops: &fakeOperations{}, codes: &fakeCodes{}}
	key, err := authn.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if w.issuer, err = authn.NewIssuer(key, "test", w.clock); err != nil {
		t.Fatal(err)
	}
	verifier, err := authn.NewVerifier(w.issuer.Keys(), authn.Options{Issuers: []string{"test"}, Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	s := &setup{
		deps: grpcx.ServerDeps{
			Verifier: verifier, Clock: w.clock, Audit: memaudit.New(100),
			Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		},
		client: grpcx.ClientConfig{Target: "passthrough:///test"},
	}
	for _, f := range tune {
		f(s)
	}
	w.audit = s.deps.Audit
	if w.server, err = grpcx.NewServer(s.config, s.deps); err != nil {
		t.Fatal(err)
	}
	w.server.Register(func(r grpc.ServiceRegistrar) {
		tierv1.RegisterTierServiceServer(r, w.tiers)
		commonv1.RegisterOperationsServiceServer(r, w.ops)
		referralv1.RegisterReferralServiceServer(r, w.codes)
	})
	w.listen = bufconn.Listen(1 << 20)
	w.start(t)
	w.conn = w.dial(t, s.client, s.dial)
	return w
}

// start serves until the test ends or stop is called; done then has the result of Serve.
func (w *world) start(t testing.TB) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	w.stop, w.done = cancel, make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.done <- w.server.Serve(ctx, w.listen)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

func (w *world) dial(t testing.TB, cfg grpcx.ClientConfig, deps grpcx.ClientDeps) *grpc.ClientConn {
	t.Helper()
	deps.Dialer = func(ctx context.Context, _ string) (net.Conn, error) { return w.listen.DialContext(ctx) }
	conn, err := grpcx.Dial(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// as returns a context whose calls carry a token of the subject.
func (w *world) as(t testing.TB, subject string, roles ...string) context.Context {
	t.Helper()
	token, err := w.issuer.Issue(subject, roles, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(t.Context(), grpcx.AuthorizationHeader, "Bearer "+token)
}

func (w *world) asSystem(t testing.TB) context.Context { return w.as(t, "referral", access.RoleSystem) }

// entries returns the audit trail.
func (w *world) entries(t testing.TB) []audit.Entry {
	t.Helper()
	entries, err := w.audit.List(t.Context(), audit.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// fakeTiers answers what the test says.
type fakeTiers struct {
	tierv1.UnimplementedTierServiceServer
	getMember func(context.Context, *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error)
	put       func() error
	record    func(context.Context, *tierv1.RecordCompletionRequest) (*tierv1.RecordCompletionResponse, error)
}

func (f *fakeTiers) GetMember(ctx context.Context, req *tierv1.GetMemberRequest) (*tierv1.GetMemberResponse, error) {
	if f.getMember == nil {
		return &tierv1.GetMemberResponse{UserId: req.GetUserId()}, nil
	}
	return f.getMember(ctx, req)
}

func (f *fakeTiers) RecordCompletion(ctx context.Context, req *tierv1.RecordCompletionRequest) (*tierv1.RecordCompletionResponse, error) {
	if f.record == nil {
		return &tierv1.RecordCompletionResponse{}, nil
	}
	return f.record(ctx, req)
}

func (f *fakeTiers) PutLadder(context.Context, *tierv1.PutLadderRequest) (*tierv1.PutLadderResponse, error) {
	if f.put != nil {
		if err := f.put(); err != nil {
			return nil, err
		}
	}
	return &tierv1.PutLadderResponse{}, nil
}

// fakeOperations has the audited RPC.
type fakeOperations struct {
	commonv1.UnimplementedOperationsServiceServer
	redrive func(context.Context) error
}

func (f *fakeOperations) RedriveCommand(ctx context.Context, _ *commonv1.RedriveCommandRequest) (*commonv1.RedriveCommandResponse, error) {
	if f.redrive != nil {
		if err := f.redrive(ctx); err != nil {
			return nil, err
		}
	}
	return &commonv1.RedriveCommandResponse{}, nil
}

// fakeCodes has the anonymous, rate limited RPC.
type fakeCodes struct {
	referralv1.UnimplementedReferralServiceServer
}

func (f *fakeCodes) ValidateCode(context.Context, *referralv1.ValidateCodeRequest) (*referralv1.ValidateCodeResponse, error) {
	return &referralv1.ValidateCodeResponse{}, nil
}

// logBuffer collects log lines of several goroutines.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func getMember(user string) *tierv1.GetMemberRequest {
	return &tierv1.GetMemberRequest{ProgramId: "spring", UserId: user}
}

func completion(n int) *tierv1.RecordCompletionRequest {
	return &tierv1.RecordCompletionRequest{
		CommandId: fmt.Sprintf("completion/spring/r%d", n), ProgramId: "spring", ProgramVersion: 1,
		ReferralId: fmt.Sprintf("r%d", n), UserId: "asha",
	}
}

func ladder() *tierv1.PutLadderRequest {
	return &tierv1.PutLadderRequest{
		ProgramId: "spring", ProgramVersion: 1,
		Ladder: &commonv1.Ladder{Tiers: []*commonv1.Tier{{Name: "STARTER"}}},
	}
}
