package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/refersuite/refersuite/gateway"
	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/authn"
	"github.com/refersuite/refersuite/pkg/clock"
	"github.com/refersuite/refersuite/pkg/config"
	"github.com/refersuite/refersuite/pkg/errs"
	"github.com/refersuite/refersuite/pkg/idgen"
	"github.com/refersuite/refersuite/pkg/ops"
	"github.com/refersuite/refersuite/pkg/otelx"
	"github.com/refersuite/refersuite/pkg/outbox"
	"github.com/refersuite/refersuite/pkg/service"
	fraudv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	leaderboardv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1"
	referralv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	walletv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

// referrals is a referral service whose answers depend on the ids in the request.
type referrals struct {
	referralv1.UnimplementedReferralServiceServer
	created atomic.Int64
	// waiting tells that a request for the referee "slow" has come; release lets it go on.
	waiting, release chan struct{}

	mu       sync.Mutex
	metadata metadata.MD
}

func (r *referrals) CreateReferral(ctx context.Context, req *referralv1.CreateReferralRequest) (*referralv1.CreateReferralResponse, error) {
	n := r.created.Add(1)
	switch req.GetRefereeId() {
	case "busy":
		return nil, errs.New(errs.ResourceExhausted, "TOO_MANY", "too many").WithRetryAfter(2500 * time.Millisecond)
	case "away":
		return nil, errs.New(errs.Unavailable, "STORE_AWAY", "the store is away")
	case "known":
		return nil, errs.New(errs.AlreadyExists, "REFEREE_ALREADY_REFERRED", "known was referred before")
	case "cycle":
		return nil, errs.New(errs.FailedPrecondition, "REFERRAL_CYCLE", "that would be a cycle")
	case "crash":
		panic("secret detail")
	case "slow":
		r.waiting <- struct{}{}
		select {
		case <-r.release:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return &referralv1.CreateReferralResponse{Referral: &referralv1.Referral{
		ReferralId: "r-" + req.GetRefereeId(), Revision: n, CreatedAt: timestamppb.New(time.Unix(0, 0)),
		Status: referralv1.ReferralStatus_REFERRAL_STATUS_PENDING,
	}}, nil
}

func (r *referrals) ValidateCode(ctx context.Context, _ *referralv1.ValidateCodeRequest) (*referralv1.ValidateCodeResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.metadata, _ = metadata.FromIncomingContext(ctx)
	return &referralv1.ValidateCodeResponse{}, nil
}

func (r *referrals) seen() metadata.MD {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.metadata
}

func (r *referrals) GetProgram(_ context.Context, req *referralv1.GetProgramRequest) (*referralv1.GetProgramResponse, error) {
	if req.GetProgramId() == "missing" {
		return nil, errs.New(errs.NotFound, "PROGRAM_NOT_FOUND", "there is no programme missing")
	}
	return &referralv1.GetProgramResponse{Program: &referralv1.Program{ProgramId: req.GetProgramId()}}, nil
}

func (r *referrals) GenerateCode(_ context.Context, req *referralv1.GenerateCodeRequest) (*referralv1.GenerateCodeResponse, error) {
	return &referralv1.GenerateCodeResponse{Code: &referralv1.Code{ProgramId: req.GetProgramId(), OwnerId: req.GetOwnerId()}}, nil
}

// backlog answers with a number that tells which service was asked.
type backlog struct {
	ops.Outbox
	pending int
}

func (b backlog) Backlog(context.Context, time.Time) (outbox.Backlog, error) {
	return outbox.Backlog{Pending: b.pending}, nil
}

// one is a service of the suite as service.Serve wants it.
type one struct{ register func(grpc.ServiceRegistrar) }

func (o one) Register(registrar grpc.ServiceRegistrar) { o.register(registrar) }

func (o one) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// suite is a gateway with fake services behind it, over real connections.
type suite struct {
	t         *testing.T
	issuer    *authn.Issuer
	referrals *referrals
	rt        *service.Runtime
	gateway   *gateway.Gateway
	stop      map[string]func()
}

func newSuite(t *testing.T, environ map[string]string) *suite {
	return newSuiteWith(t, environ, otelx.Discard())
}

func newSuiteWith(t *testing.T, environ map[string]string, telemetry *otelx.Telemetry) *suite {
	t.Helper()
	key, err := authn.GenerateKey(idgen.Random())
	check(t, err)
	issuer, verifier, err := service.DevIssuer(key, clock.System())
	check(t, err)
	s := &suite{
		t: t, issuer: issuer, stop: map[string]func(){},
		referrals: &referrals{waiting: make(chan struct{}, 1), release: make(chan struct{})},
	}
	parts := service.Parts{Telemetry: telemetry, Issuer: issuer, Verifier: verifier}
	// A slow machine must not look like a lost Redis.
	settings := map[string]string{"IDEMPOTENCY_STORE_TIMEOUT": "30s"}
	for i, name := range []string{"referral", "wallet", "tier", "fraud", "leaderboard"} {
		settings[strings.ToUpper(name)+"_ADDR"] = s.serve(name, i, parts)
	}
	for name, value := range environ {
		settings[name] = value
	}
	cfg, err := config.LoadFrom[gateway.Config](settings)
	check(t, err)
	s.rt = s.build("gateway", cfg.Shared(), parts)
	s.gateway, err = gateway.New(t.Context(), cfg, gateway.Deps{Runtime: s.rt})
	check(t, err)
	return s
}

func (s *suite) build(name string, cfg service.Config, parts service.Parts) *service.Runtime {
	s.t.Helper()
	rt, err := service.Build(s.t.Context(), name, cfg, parts)
	check(s.t, err)
	s.t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			s.t.Errorf("close %s: %v", name, err)
		}
	})
	return rt
}

// serve starts one fake service and returns its address.
func (s *suite) serve(name string, number int, parts service.Parts) string {
	s.t.Helper()
	cfg, err := config.LoadFrom[service.Config](nil)
	check(s.t, err)
	rt := s.build(name, cfg, parts)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(s.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		served <- service.Serve(ctx, cfg, rt, one{func(registrar grpc.ServiceRegistrar) { s.register(name, number, rt, registrar) }}, listener)
	}()
	s.stop[name] = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			s.t.Errorf("%s: %v", name, err)
		}
	})
	s.t.Cleanup(s.stop[name])
	return listener.Addr().String()
}

func (s *suite) register(name string, number int, rt *service.Runtime, registrar grpc.ServiceRegistrar) {
	ops.Register(registrar, ops.Parts{Service: name, Clock: rt.Clock, Audit: rt.Audit, Outbox: backlog{pending: number + 1}})
	switch name {
	case "referral":
		referralv1.RegisterReferralServiceServer(registrar, s.referrals)
	case "wallet":
		walletv1.RegisterWalletServiceServer(registrar, wallets{})
	case "tier":
		tierv1.RegisterTierServiceServer(registrar, tierv1.UnimplementedTierServiceServer{})
	case "fraud":
		fraudv1.RegisterFraudServiceServer(registrar, fraudv1.UnimplementedFraudServiceServer{})
	case "leaderboard":
		leaderboardv1.RegisterLeaderboardServiceServer(registrar, leaderboardv1.UnimplementedLeaderboardServiceServer{})
	}
}

func (s *suite) token(subject string, roles ...string) string {
	s.t.Helper()
	token, err := s.issuer.Issue(subject, roles, time.Hour)
	check(s.t, err)
	return token
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

func (a answer) reason() string {
	details, _ := a.body["details"].([]any)
	for _, detail := range details {
		if one, ok := detail.(map[string]any); ok && one["reason"] != nil {
			reason, _ := one["reason"].(string)
			return reason
		}
	}
	return ""
}

// detail returns the detail of a type, or nil.
func (a answer) detail(kind string) map[string]any {
	details, _ := a.body["details"].([]any)
	for _, detail := range details {
		if one, ok := detail.(map[string]any); ok && one["@type"] == "type.googleapis.com/google.rpc."+kind {
			return one
		}
	}
	return nil
}

func (a answer) requestID() string {
	id, _ := a.detail("RequestInfo")["request_id"].(string)
	return id
}

// violation returns the first field that an answer complains about, and what it says of it.
func (a answer) violation() (field, description string) {
	if all, _ := a.detail("BadRequest")["field_violations"].([]any); len(all) > 0 {
		first, _ := all[0].(map[string]any)
		field, _ = first["field"].(string)
		description, _ = first["description"].(string)
	}
	return field, description
}

type option func(*http.Request)

func header(name, value string) option {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

func (s *suite) as(subject string, roles ...string) option {
	return header("Authorization", "Bearer "+s.token(subject, roles...))
}

func (s *suite) admin() option { return s.as("boss", access.RoleAdmin) }

// do sends a request to the handler of the gateway.
func (s *suite) do(method, path, body string, options ...option) answer {
	s.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = bytes.NewReader([]byte(body))
	}
	request := httptest.NewRequest(method, path, reader)
	for _, option := range options {
		option(request)
	}
	recorder := httptest.NewRecorder()
	s.gateway.Handler().ServeHTTP(recorder, request)
	got := answer{status: recorder.Code, header: recorder.Header(), raw: recorder.Body.String()}
	if strings.HasPrefix(got.header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(recorder.Body.Bytes(), &got.body); err != nil {
			s.t.Fatalf("%s %s answered %q: %v", method, path, got.raw, err)
		}
	}
	return got
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
