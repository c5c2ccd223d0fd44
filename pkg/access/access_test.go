package access_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "google.golang.org/grpc/health/grpc_health_v1"
	_ "google.golang.org/grpc/interop/grpc_testing"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/errs"
	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	_ "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"
	_ "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1"
	_ "github.com/refersuite/refersuite/proto/gen/go/refersuite/referral/v1"
	tierv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"
	_ "github.com/refersuite/refersuite/proto/gen/go/refersuite/wallet/v1"
)

const getMember = "/refersuite.tier.v1.TierService/GetMember"

func TestLoad_AcceptsEveryServiceOfTheSuite(t *testing.T) {
	var services []string
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			if name := string(file.Services().Get(i).FullName()); strings.HasPrefix(name, "refersuite.") {
				services = append(services, name)
			}
		}
		return true
	})
	if len(services) != 6 {
		t.Fatalf("found %d services, want 6: %v", len(services), services)
	}
	table, err := access.Load(append(services, "grpc.health.v1.Health")...)
	if err != nil {
		t.Fatal(err)
	}
	policy, ok := table.Policy("/refersuite.referral.v1.ReferralService/ValidateCode")
	if !ok || !policy.Anonymous || policy.RateLimit != (access.RateLimit{Requests: 60, Period: time.Minute}) {
		t.Errorf("policy of ValidateCode = %+v", policy)
	}
	if err := table.Check("/grpc.health.v1.Health/Check", access.Caller{}, nil); err != nil {
		t.Errorf("health must be anonymous: %v", err)
	}
}

func TestLoad_RefusesAnRPCWithoutPolicyAndSaysWhatToWrite(t *testing.T) {
	_, err := access.Load("grpc.testing.TestService")
	if err == nil {
		t.Fatal("a service without policies was accepted")
	}
	for _, want := range []string{"grpc.testing.TestService.UnaryCall", "option (refersuite.common.v1.policy)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
}

func TestLoad_RefusesAServiceWithoutDescriptor(t *testing.T) {
	if _, err := access.Load("nobody.v1.Nothing"); err == nil || !strings.Contains(err.Error(), "nobody.v1.Nothing") {
		t.Fatalf("err = %v", err)
	}
}

func TestLoad_RefusesPoliciesThatContradictThemselves(t *testing.T) {
	user, admin := commonv1.Role_ROLE_USER, commonv1.Role_ROLE_ADMIN
	for name, tc := range map[string]struct {
		policy    *commonv1.Policy
		streaming bool
		want      string
	}{
		"empty":               {policy: &commonv1.Policy{}, want: "nobody could call it"},
		"anonymous and roles": {policy: &commonv1.Policy{Anonymous: true, Roles: []commonv1.Role{user}}, want: "anonymous and lists roles"},
		"unspecified role":    {policy: &commonv1.Policy{Roles: []commonv1.Role{0}}, want: "ROLE_UNSPECIFIED"},
		"unknown role":        {policy: &commonv1.Policy{Roles: []commonv1.Role{99}}, want: "unknown role 99"},
		"role twice":          {policy: &commonv1.Policy{Roles: []commonv1.Role{user, user}}, want: "twice"},
		"unknown field":       {policy: &commonv1.Policy{Roles: []commonv1.Role{user}, SubjectField: "nope"}, want: `"nope"`},
		"subject without user": {
			policy: &commonv1.Policy{Roles: []commonv1.Role{admin}, SubjectField: "user_id"}, want: "ROLE_USER",
		},
		"subject of anonymous": {policy: &commonv1.Policy{Anonymous: true, SubjectField: "user_id"}, want: "ROLE_USER"},
		"limit of zero": {
			policy: &commonv1.Policy{Anonymous: true, RateLimit: &commonv1.RateLimit{Requests: 1}}, want: "rate_limit of 0",
		},
		"audited stream": {
			policy: &commonv1.Policy{Roles: []commonv1.Role{user}, Audited: true}, streaming: true, want: "streams",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := access.LoadFrom(registry(t, tc.policy, tc.streaming), "test.v1.Things")
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "test.v1.Things.Do") {
				t.Fatalf("err = %v, want one that names test.v1.Things.Do and %q", err, tc.want)
			}
		})
	}
}

func TestLoad_RefusesASubjectFieldThatIsNoString(t *testing.T) {
	policy := &commonv1.Policy{Roles: []commonv1.Role{commonv1.Role_ROLE_USER}, SubjectField: "program_version"}
	files := registryOf(t, policy, false, ".refersuite.tier.v1.RecordCompletionRequest")
	if _, err := access.LoadFrom(files, "test.v1.Things"); err == nil || !strings.Contains(err.Error(), "not a single string") {
		t.Fatalf("err = %v", err)
	}
}

func TestCheck_DecidesByRoleAndSubject(t *testing.T) {
	table, err := access.Load("refersuite.tier.v1.TierService")
	if err != nil {
		t.Fatal(err)
	}
	mine := &tierv1.GetMemberRequest{ProgramId: "p", UserId: "asha"}
	theirs := &tierv1.GetMemberRequest{ProgramId: "p", UserId: "ravi"}
	user := access.Caller{Subject: "asha", Roles: []string{access.RoleUser}}
	admin := access.Caller{Subject: "asha", Roles: []string{access.RoleUser, access.RoleAdmin}}
	system := access.Caller{Subject: "referral", Roles: []string{access.RoleSystem}}
	const count, put = "/refersuite.tier.v1.TierService/CountMembers", "/refersuite.tier.v1.TierService/PutLadder"
	for _, tc := range []struct {
		name   string
		method string
		caller access.Caller
		req    proto.Message
		reason string
		code   errs.Code
	}{
		{"anonymous", getMember, access.Caller{}, mine, access.ReasonTokenMissing, errs.Unauthenticated},
		{"own data", getMember, user, mine, "", 0},
		{"somebody else's data", getMember, user, theirs, access.ReasonSubjectMismatch, errs.PermissionDenied},
		{"admin for others", getMember, admin, theirs, "", 0},
		{"system for others", getMember, system, theirs, "", 0},
		{"empty subject field", getMember, user, &tierv1.GetMemberRequest{}, access.ReasonSubjectMismatch, errs.PermissionDenied},
		{"user on an admin RPC", count, user, &tierv1.CountMembersRequest{}, access.ReasonRoleRequired, errs.PermissionDenied},
		{"admin on a system RPC", put, admin, &tierv1.PutLadderRequest{}, access.ReasonRoleRequired, errs.PermissionDenied},
		{"no such RPC", "/x/y", admin, mine, "POLICY_MISSING", errs.PermissionDenied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := table.Check(tc.method, tc.caller, tc.req)
			if errs.Reason(err) != tc.reason || errs.CodeOf(err) != tc.code {
				t.Fatalf("err = %v, want %s", err, tc.reason)
			}
		})
	}
}

func TestCheck_NamesTheRolesAndTheField(t *testing.T) {
	table, err := access.Load("refersuite.tier.v1.TierService")
	if err != nil {
		t.Fatal(err)
	}
	user := access.Caller{Subject: "asha", Roles: []string{access.RoleUser}}
	err = table.Check("/refersuite.tier.v1.TierService/CountMembers", user, &tierv1.CountMembersRequest{})
	if err == nil || !strings.Contains(err.Error(), "ADMIN, SYSTEM") {
		t.Errorf("the refusal does not name the roles: %v", err)
	}
	err = table.Check(getMember, user, &tierv1.GetMemberRequest{UserId: "ravi"})
	if err == nil || !strings.Contains(err.Error(), "user_id") || strings.Contains(err.Error(), "ravi") {
		t.Errorf("the refusal must name the field and not its value: %v", err)
	}
}

func TestCheck_ARoleThePolicyDoesNotListDoesNotLiftTheSubjectRule(t *testing.T) {
	policy := &commonv1.Policy{Roles: []commonv1.Role{commonv1.Role_ROLE_USER}, SubjectField: "user_id"}
	table, err := access.LoadFrom(registry(t, policy, false), "test.v1.Things")
	if err != nil {
		t.Fatal(err)
	}
	caller := access.Caller{Subject: "asha", Roles: []string{access.RoleUser, access.RoleAdmin}}
	err = table.Check("/test.v1.Things/Do", caller, &tierv1.GetMemberRequest{UserId: "ravi"})
	if errs.Reason(err) != access.ReasonSubjectMismatch {
		t.Fatalf("err = %v", err)
	}
}

func TestFromContext_KnowsOnlyAuthenticatedCallers(t *testing.T) {
	ctx := t.Context()
	if _, ok := access.FromContext(ctx); ok {
		t.Error("an empty context has a caller")
	}
	if _, ok := access.FromContext(access.NewContext(ctx, access.Caller{})); ok {
		t.Error("the zero caller counts as authenticated")
	}
	got, ok := access.FromContext(access.NewContext(ctx, access.Caller{Subject: "asha"}))
	if !ok || got.Subject != "asha" {
		t.Errorf("caller = %+v, %v", got, ok)
	}
}

// registry holds a service test.v1.Things with one RPC Do(GetMemberRequest) under the policy.
func registry(t *testing.T, policy *commonv1.Policy, streaming bool) *protoregistry.Files {
	t.Helper()
	return registryOf(t, policy, streaming, ".refersuite.tier.v1.GetMemberRequest")
}

func registryOf(t *testing.T, policy *commonv1.Policy, streaming bool, request string) *protoregistry.Files {
	t.Helper()
	options := &descriptorpb.MethodOptions{}
	proto.SetExtension(options, commonv1.E_Policy, policy)
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("test.proto"), Package: proto.String("test.v1"), Syntax: proto.String("proto3"),
		Dependency: []string{"refersuite/tier/v1/tier.proto"},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("Things"),
			Method: []*descriptorpb.MethodDescriptorProto{{
				Name: proto.String("Do"), InputType: proto.String(request), OutputType: proto.String(request),
				Options: options, ClientStreaming: proto.Bool(streaming),
			}},
		}},
	}, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	files := &protoregistry.Files{}
	if err := files.RegisterFile(file); err != nil {
		t.Fatal(err)
	}
	return files
}
