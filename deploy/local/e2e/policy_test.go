package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/emptypb"

	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
	_ "github.com/refersuite/refersuite/proto/gen/go/refersuite/fraud/v1"       // its descriptors
	_ "github.com/refersuite/refersuite/proto/gen/go/refersuite/leaderboard/v1" // its descriptors
	_ "github.com/refersuite/refersuite/proto/gen/go/refersuite/tier/v1"        // its descriptors
)

// everyMethod returns all RPCs of the suite with their policies.
func everyMethod(t *testing.T) map[protoreflect.MethodDescriptor]*commonv1.Policy {
	t.Helper()
	found := map[protoreflect.MethodDescriptor]*commonv1.Policy{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "refersuite.") {
			return true
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				policy, ok := proto.GetExtension(methods.Get(j).Options(), commonv1.E_Policy).(*commonv1.Policy)
				if !ok || policy == nil {
					t.Errorf("%s has no policy", methods.Get(j).FullName())
					continue
				}
				found[methods.Get(j)] = policy
			}
		}
		return true
	})
	if len(found) < 35 {
		t.Fatalf("only %d RPCs were found", len(found))
	}
	return found
}

// requestFor is empty but for the service that a call of the OperationsService is about.
func requestFor(method protoreflect.MethodDescriptor, service string) proto.Message {
	request := dynamicpb.NewMessage(method.Input())
	if field := method.Input().Fields().ByName("service"); field != nil {
		request.Set(field, protoreflect.ValueOfString(service))
	}
	return request
}

// TestE2E_EveryRPCKeepsItsPolicy calls every RPC at the edge and at its own service without a token, as a user and as each
// role that may not call it. A refusal for the role comes before anything is looked at, so the requests can be empty.
func TestE2E_EveryRPCKeepsItsPolicy(t *testing.T) {
	edge := dial(t, shared.EdgeAddr)
	tokens := map[commonv1.Role]string{
		commonv1.Role_ROLE_USER:   shared.token(t, "ann", "USER"),
		commonv1.Role_ROLE_ADMIN:  shared.token(t, "admin", "ADMIN"),
		commonv1.Role_ROLE_SYSTEM: shared.token(t, "backend", "SYSTEM"),
	}
	for method, policy := range everyMethod(t) {
		owner := strings.Split(string(method.FullName()), ".")[1]
		if owner == "common" {
			owner = "wallet"
		}
		name := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
		own := dial(t, shared.Addrs[owner])
		expectCode := func(role, token string, want codes.Code) {
			for way, err := range map[string]error{
				"edge":    edge.Invoke(bearer(t, token), name, requestFor(method, owner), &emptypb.Empty{}),
				"service": own.Invoke(bearer(t, token), name, requestFor(method, owner), &emptypb.Empty{}),
			} {
				if status.Code(err) != want {
					t.Errorf("%s of %s with %s: %v, want %s", way, name, role, err, want)
				}
			}
		}
		if policy.GetAnonymous() {
			continue
		}
		expectCode("no token", "", codes.Unauthenticated)
		for role, token := range tokens {
			if !slices.Contains(policy.GetRoles(), role) {
				expectCode(role.String(), token, codes.PermissionDenied)
			}
		}
	}
}
