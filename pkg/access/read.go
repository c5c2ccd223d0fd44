package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	commonv1 "github.com/refersuite/refersuite/proto/gen/go/refersuite/common/v1"
)

const howTo = "write in the proto: option (refersuite.common.v1.policy) = {roles: [ROLE_ADMIN]}, or {anonymous: true}"

// read turns the policy option of one RPC into a Policy, or says what is wrong with it.
func read(method protoreflect.MethodDescriptor) (*Policy, error) {
	service := method.Parent().FullName()
	policy := &Policy{
		Method:  fmt.Sprintf("/%s/%s", service, method.Name()),
		Request: method.Input(),
	}
	if slices.Contains(exempt, string(service)) {
		policy.Anonymous = true
		return policy, nil
	}
	if method.Options() == nil || !proto.HasExtension(method.Options(), commonv1.E_Policy) {
		return nil, fmt.Errorf("has no access policy; %s", howTo)
	}
	option, ok := proto.GetExtension(method.Options(), commonv1.E_Policy).(*commonv1.Policy)
	if !ok {
		return nil, fmt.Errorf("has an access policy of a foreign type; %s", howTo)
	}
	if err := check(method, option); err != nil {
		return nil, err
	}
	policy.Anonymous = option.GetAnonymous()
	policy.Audited = option.GetAudited()
	for _, role := range option.GetRoles() {
		policy.Roles = append(policy.Roles, strings.TrimPrefix(role.String(), "ROLE_"))
	}
	if limit := option.GetRateLimit(); limit != nil {
		policy.RateLimit = RateLimit{
			Requests: int(limit.GetRequests()),
			Period:   time.Duration(limit.GetPerSeconds()) * time.Second,
		}
	}
	if name := option.GetSubjectField(); name != "" {
		policy.SubjectField = name
		policy.subject = method.Input().Fields().ByName(protoreflect.Name(name))
	}
	return policy, nil
}

// check says everything that is wrong with a policy.
func check(method protoreflect.MethodDescriptor, p *commonv1.Policy) error {
	return errors.Join(checkRoles(p), checkSubject(method, p), checkLimit(p.GetRateLimit()), checkAudit(method, p))
}

func checkRoles(p *commonv1.Policy) error {
	switch {
	case p.GetAnonymous() && len(p.GetRoles()) > 0:
		return errors.New("is anonymous and lists roles; remove anonymous: true or the roles")
	case !p.GetAnonymous() && len(p.GetRoles()) == 0:
		return fmt.Errorf("lists no role and is not anonymous, so nobody could call it; %s", howTo)
	}
	for i, role := range p.GetRoles() {
		switch role {
		case commonv1.Role_ROLE_USER, commonv1.Role_ROLE_ADMIN, commonv1.Role_ROLE_SYSTEM:
		case commonv1.Role_ROLE_UNSPECIFIED:
			return errors.New("lists ROLE_UNSPECIFIED; write ROLE_USER, ROLE_ADMIN or ROLE_SYSTEM")
		default:
			return fmt.Errorf("lists the unknown role %d; write ROLE_USER, ROLE_ADMIN or ROLE_SYSTEM", role)
		}
		if slices.Contains(p.GetRoles()[:i], role) {
			return fmt.Errorf("lists %s twice; write it once", role)
		}
	}
	return nil
}

func checkSubject(method protoreflect.MethodDescriptor, p *commonv1.Policy) error {
	name := p.GetSubjectField()
	if name == "" {
		return nil
	}
	field := method.Input().Fields().ByName(protoreflect.Name(name))
	switch {
	case field == nil:
		return fmt.Errorf("names the subject_field %q, which %s does not have; write one of its string fields",
			name, method.Input().FullName())
	case field.Kind() != protoreflect.StringKind || field.Cardinality() == protoreflect.Repeated:
		return fmt.Errorf("names the subject_field %q, which is not a single string; write a string field", name)
	case !slices.Contains(p.GetRoles(), commonv1.Role_ROLE_USER):
		return fmt.Errorf("names the subject_field %q but does not admit ROLE_USER, whom alone it binds; remove it or add the role", name)
	}
	return nil
}

func checkLimit(limit *commonv1.RateLimit) error {
	if limit != nil && (limit.GetRequests() == 0 || limit.GetPerSeconds() == 0) {
		return errors.New("has a rate_limit of 0; write requests and per_seconds of at least 1, or remove it")
	}
	return nil
}

func checkAudit(method protoreflect.MethodDescriptor, p *commonv1.Policy) error {
	if p.GetAudited() && (method.IsStreamingClient() || method.IsStreamingServer()) {
		return errors.New("is audited and streams; only unary calls can be audited, remove audited: true or the stream")
	}
	return nil
}
