// Package rest turns HTTP requests into RPCs and their answers into JSON, as the annotations in the .proto files say.
package rest

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
)

// marshaler is the form of REST JSON: names as in the .proto files, enums as words, scalars and lists always there,
// messages only when set, unknown fields refused.
type marshaler struct{ runtime.JSONPb }

func newMarshaler() *marshaler {
	return &marshaler{runtime.JSONPb{
		MarshalOptions:   protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true},
		UnmarshalOptions: protojson.UnmarshalOptions{DiscardUnknown: false},
	}}
}

// Marshal gives equal answers as equal bytes.
func (m *marshaler) Marshal(v any) ([]byte, error) {
	body, err := m.JSONPb.Marshal(v)
	return apierror.Compact(body), err
}

// bodyError begins the message of an error in a request body. The generated code keeps nothing but the message.
const bodyError = "the request body is not valid JSON for this request: "

// NewDecoder reads the whole body, so that nothing may follow the JSON value and nothing in it may contradict the path.
func (m *marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if len(strings.TrimSpace(string(data))) == 0 {
			return io.EOF // no body is an empty request
		}
		message, ok := v.(proto.Message)
		if !ok {
			return fmt.Errorf("%sit cannot be read into %T", bodyError, v) // every operation takes its whole request
		}
		if err := m.UnmarshalOptions.Unmarshal(data, message); err != nil {
			return errors.New(bodyError + readable(err))
		}
		if bound, ok := r.(*boundBody); ok {
			return bound.check(message)
		}
		return nil
	})
}

var (
	unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)
	wrongValue   = regexp.MustCompile(`(invalid value for \S+ (?:field|type)) ([A-Za-z0-9_.]+)(: .*)`)
	upper        = regexp.MustCompile(`[A-Z]`)
)

// readable rids a message of protojson of its prefix and of the spaces that it varies on purpose.
func readable(err error) string {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return strings.TrimSpace(strings.TrimPrefix(text, "proto:"))
}

// valueFault takes apart what is said about a value of another type than its field, which protojson names in camel case.
func valueFault(fault string) (field, description string, ok bool) {
	found := wrongValue.FindStringSubmatch(fault)
	if found == nil {
		return "", "", false
	}
	field = upper.ReplaceAllStringFunc(found[2], func(letter string) string { return "_" + strings.ToLower(letter) })
	return field, found[1] + " " + field + found[3], true
}

// fieldOf names the field that a body has and the request does not.
func fieldOf(message string) (string, bool) {
	found := unknownField.FindStringSubmatch(message)
	if found == nil {
		return "", false
	}
	return found[1], true
}

// describe says what to do about an unknown field.
func describe(field string) string {
	return fmt.Sprintf("there is no field %q in this request: remove it or correct its name", field)
}
