package rest

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// strictQuery refuses parameters that the request does not have, as unknown fields of a body are. A mistyped filter would
// otherwise widen the answer silently.
type strictQuery struct{ next runtime.DefaultQueryParser }

func (q *strictQuery) Parse(target proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	fields := target.ProtoReflect().Descriptor().Fields()
	for key := range values {
		name, _, _ := strings.Cut(key, ".")
		field := fields.ByName(protoreflect.Name(name))
		if field == nil {
			return fmt.Errorf("%s: there is no parameter %q: remove it or correct its name", parameterError, key)
		}
		if filter.HasCommonPrefix(strings.Split(key, ".")) {
			return fmt.Errorf("%s: %q is part of the path: remove it from the query", parameterError, key)
		}
		if len(values[key]) > 1 && field.Cardinality() != protoreflect.Repeated {
			return fmt.Errorf("%s: %q is given %d times: give it once", parameterError, key, len(values[key]))
		}
	}
	return q.next.Parse(target, values, filter)
}

const parameterError = "query parameter"
