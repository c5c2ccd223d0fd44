package access

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/refersuite/refersuite/pkg/errs"
)

// exempt are the services of gRPC itself. They carry no data of ours and anybody may call them.
var exempt = []string{
	"grpc.health.v1.Health",
	"grpc.reflection.v1.ServerReflection",
	"grpc.reflection.v1alpha.ServerReflection",
}

// Table holds the policy of every RPC of a server by full name. It is safe for concurrent use, since it never changes.
type Table struct {
	policies map[string]*Policy
}

// Load reads the policies of the named services, such as refersuite.wallet.v1.WalletService, from the descriptors linked
// into the binary. Health and reflection are anonymous. It refuses, naming every RPC at fault and what to write in the
// proto, as soon as one has no policy or one that contradicts itself.
func Load(services ...string) (Table, error) {
	return LoadFrom(protoregistry.GlobalFiles, services...)
}

// LoadFrom is Load with descriptors from another registry.
func LoadFrom(files *protoregistry.Files, services ...string) (Table, error) {
	table := Table{policies: map[string]*Policy{}}
	var faults []error
	for _, name := range services {
		d, err := files.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			faults = append(faults, fmt.Errorf("service %s has no linked descriptor, so its policies cannot be read: %w", name, err))
			continue
		}
		service, ok := d.(protoreflect.ServiceDescriptor)
		if !ok {
			faults = append(faults, fmt.Errorf("%s is not a service", name))
			continue
		}
		faults = append(faults, table.add(service)...)
	}
	if err := errors.Join(faults...); err != nil {
		return Table{}, fmt.Errorf("access policies: %w", err)
	}
	return table, nil
}

func (t Table) add(service protoreflect.ServiceDescriptor) []error {
	var faults []error
	for i := range service.Methods().Len() {
		method := service.Methods().Get(i)
		policy, err := read(method)
		if err != nil {
			faults = append(faults, fmt.Errorf("rpc %s: %w", method.FullName(), err))
			continue
		}
		t.policies[policy.Method] = policy
	}
	return faults
}

// Policy returns the policy of a full RPC name, such as /refersuite.wallet.v1.WalletService/GetBalance.
func (t Table) Policy(method string) (*Policy, bool) {
	p, ok := t.policies[method]
	return p, ok
}

// Methods returns the full names of all RPCs of the table in alphabetical order.
func (t Table) Methods() []string {
	names := make([]string, 0, len(t.policies))
	for name := range t.policies {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Check decides whether the caller, anonymous when zero, may make this call.
// Errors: UNAUTHENTICATED (TOKEN_MISSING), PERMISSION_DENIED (ROLE_REQUIRED, SUBJECT_MISMATCH, POLICY_MISSING).
func (t Table) Check(method string, caller Caller, req proto.Message) error {
	p, ok := t.Policy(method)
	if !ok {
		return Missing(method)
	}
	if err := p.CheckRole(caller); err != nil {
		return err
	}
	return p.CheckSubject(caller, req)
}

// Missing is the answer to a call whose RPC has no policy. A server that checks its table at start never gives it.
func Missing(method string) error {
	return errs.New(errs.PermissionDenied, "POLICY_MISSING", "%s has no access policy and cannot be called", method)
}
