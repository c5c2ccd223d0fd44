package grpcx

import (
	"context"
	"errors"
	"fmt"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/refersuite/refersuite/pkg/access"
	"github.com/refersuite/refersuite/pkg/errs"
)

// ReasonValidationFailed says that the request breaks a rule written in the proto.
const ReasonValidationFailed = "VALIDATION_FAILED"

type validator = protovalidate.Validator

// newValidator compiles the rules of every request message now, so that no call has to wait for it.
func newValidator(policies access.Table) (validator, error) {
	var requests []protoreflect.MessageDescriptor
	for _, method := range policies.Methods() {
		if policy, ok := policies.Policy(method); ok {
			requests = append(requests, policy.Request)
		}
	}
	v, err := protovalidate.New(protovalidate.WithMessageDescriptors(requests...))
	if err != nil {
		return nil, fmt.Errorf("compile validation rules: %w", err)
	}
	return v, nil
}

// validate refuses a message that breaks its rules, naming every field at fault.
func (c *chain) validate(_ context.Context, call *call, m proto.Message) error {
	err := c.validator.Validate(m)
	if err == nil {
		return nil
	}
	var failed *protovalidate.ValidationError
	if !errors.As(err, &failed) {
		return fmt.Errorf("validate request of %s: %w", call.method, err)
	}
	refusal := errs.New(errs.InvalidArgument, ReasonValidationFailed, "the request breaks %d of its rules", len(failed.Violations))
	for i, violation := range failed.Violations {
		field := protovalidate.FieldPathString(violation.Proto.GetField())
		description := orDefault(violation.Proto.GetMessage(), "breaks the rule "+violation.Proto.GetRuleId())
		if i == 0 {
			refusal.Message = fmt.Sprintf("%s: %s", orDefault(field, "request"), description)
			if more := len(failed.Violations) - 1; more > 0 {
				refusal.Message += fmt.Sprintf(" (and %d more)", more)
			}
		}
		refusal = refusal.WithField(field, description)
	}
	return refusal
}
