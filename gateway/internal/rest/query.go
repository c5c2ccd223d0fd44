package rest

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
)

// strictQuery refuses parameters that the request does not have, as unknown fields of a body are. A mistyped filter would
// otherwise widen the answer silently. What it says about a parameter names the values that it takes.
type strictQuery struct{ next runtime.DefaultQueryParser }

func (q *strictQuery) Parse(target proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	request := target.ProtoReflect().Descriptor()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		given := values[key]
		field := fieldAt(request, strings.Split(key, "."))
		switch {
		case field == nil:
			return refuse(key, "is not a parameter of this operation: "+offer(request, filter))
		case filter.HasCommonPrefix(strings.Split(key, ".")):
			return refuse(key, "is part of the path: remove it from the query")
		case len(given) > 1 && field.Cardinality() != protoreflect.Repeated:
			return refuse(key, fmt.Sprintf("is given %d times: give it once", len(given)))
		}
		if err := q.next.Parse(target, url.Values{key: given}, filter); err != nil {
			return refuse(key, "must be "+accepted(field))
		}
	}
	return nil
}

// fieldAt finds the field that a parameter names, by its names in the .proto files; nil when there is none.
func fieldAt(message protoreflect.MessageDescriptor, path []string) protoreflect.FieldDescriptor {
	var field protoreflect.FieldDescriptor
	for _, name := range path {
		if message == nil {
			return nil
		}
		if field = message.Fields().ByName(protoreflect.Name(name)); field == nil {
			return nil
		}
		message = field.Message()
	}
	return field
}

// offer lists the parameters that a request takes.
func offer(request protoreflect.MessageDescriptor, filter *utilities.DoubleArray) string {
	var names []string
	for i := range request.Fields().Len() {
		if name := string(request.Fields().Get(i).Name()); !filter.HasCommonPrefix([]string{name}) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "it takes none, remove this one"
	}
	slices.Sort(names)
	return "use " + strings.Join(names, ", ")
}

// parameterError begins the message of an error in a query. The generated code keeps nothing but the message: the name of
// the parameter in quotes follows, and what is wrong with it.
const parameterError = "query parameter "

func refuse(key, description string) error {
	return fmt.Errorf("%s%q %s", parameterError, key, description)
}

// parameterFault tells what is wrong with a query.
func parameterFault(message string) *status.Status {
	rest, ours := strings.CutPrefix(message, parameterError)
	quoted, err := strconv.QuotedPrefix(rest)
	if !ours || err != nil {
		// The query could not be taken apart at all.
		return apierror.New(codes.InvalidArgument, apierror.ReasonParameterInvalid,
			"the query is not valid: write it as name=value&name=value with everything else percent-encoded")
	}
	key, err := strconv.Unquote(quoted)
	if err != nil {
		key = quoted
	}
	st := apierror.New(codes.InvalidArgument, apierror.ReasonParameterInvalid, "%s", message)
	return apierror.WithField(st, key, strings.TrimSpace(rest[len(quoted):]))
}
