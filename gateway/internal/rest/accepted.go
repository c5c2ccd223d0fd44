package rest

import (
	"fmt"
	"math"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// accepted says which values a query parameter takes.
func accepted(field protoreflect.FieldDescriptor) string {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return "true or false"
	case protoreflect.EnumKind:
		return "one of " + words(field.Enum())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return between(math.MinInt32, math.MaxInt32, field)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return between(math.MinInt64, math.MaxInt64, field)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return "a whole number that is not negative"
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return "a number"
	case protoreflect.BytesKind:
		return "base64"
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return example(field.Message())
	case protoreflect.StringKind:
		return "text"
	}
	return "as /docs describes it"
}

// words lists the values of an enum but for the one that stands for none.
func words(enum protoreflect.EnumDescriptor) string {
	var names []string
	for i := range enum.Values().Len() {
		if value := enum.Values().Get(i); value.Number() != 0 {
			names = append(names, string(value.Name()))
		}
	}
	return strings.Join(names, ", ")
}

// between is a range of whole numbers: what the field's rules allow of what its type can hold.
func between(low, high int64, field protoreflect.FieldDescriptor) string {
	if rules, ok := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules); ok {
		if one := rules.GetInt32(); one != nil {
			low, high = narrow(low, high, one.HasGte(), int64(one.GetGte()), one.HasLte(), int64(one.GetLte()))
		}
		if one := rules.GetInt64(); one != nil {
			low, high = narrow(low, high, one.HasGte(), one.GetGte(), one.HasLte(), one.GetLte())
		}
	}
	return fmt.Sprintf("a whole number from %d to %d", low, high)
}

func narrow(low, high int64, hasLow bool, newLow int64, hasHigh bool, newHigh int64) (from, to int64) {
	if hasLow {
		low = newLow
	}
	if hasHigh {
		high = newHigh
	}
	return low, high
}

// example shows how a message is written as one value.
func example(message protoreflect.MessageDescriptor) string {
	switch message.FullName() {
	case "google.protobuf.Timestamp":
		return "a time such as 2026-01-31T12:00:00Z"
	case "google.protobuf.Duration":
		return "a duration such as 90s"
	default:
		return "given by its fields, such as " + string(message.Name()) + ".field"
	}
}
