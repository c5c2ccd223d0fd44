package audit

import (
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

const maxTargetBytes = 320

// targets knows which fields of each request message identify something. It looks a message type up once.
type targets struct {
	byMessage sync.Map // protoreflect.FullName -> []protoreflect.FieldDescriptor
}

// Of returns the identifying fields of a request that are set, as name=value in the order of their field numbers.
func (t *targets) Of(req proto.Message) []string {
	m := req.ProtoReflect()
	fields := t.fields(m.Descriptor())
	var found []string
	for _, field := range fields {
		if value := m.Get(field).String(); value != "" {
			found = append(found, string(field.Name())+"="+clip(value))
		}
	}
	return found
}

func (t *targets) fields(message protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	if known, ok := t.byMessage.Load(message.FullName()); ok {
		if fields, ok := known.([]protoreflect.FieldDescriptor); ok {
			return fields
		}
	}
	var fields []protoreflect.FieldDescriptor
	for i := range message.Fields().Len() {
		if field := message.Fields().Get(i); identifies(field) {
			fields = append(fields, field)
		}
	}
	t.byMessage.Store(message.FullName(), fields)
	return fields
}

// identifies reports whether a field names one of our things: *_id and code. Ids of devices and fields marked
// debug_redact are about the person, so they stay out.
func identifies(field protoreflect.FieldDescriptor) bool {
	name := string(field.Name())
	if field.Kind() != protoreflect.StringKind || field.Cardinality() == protoreflect.Repeated {
		return false
	}
	if options, ok := field.Options().(*descriptorpb.FieldOptions); ok && options.GetDebugRedact() {
		return false
	}
	if name == "device_id" || strings.HasSuffix(name, "_device_id") {
		return false
	}
	return name == "id" || strings.HasSuffix(name, "_id") || name == "code" || strings.HasSuffix(name, "_code")
}

func clip(value string) string {
	if len(value) <= maxTargetBytes {
		return value
	}
	return strings.ToValidUTF8(value[:maxTargetBytes], "") + "…"
}
