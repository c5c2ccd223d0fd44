package grpcx

import (
	"encoding/json"
	"strings"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// ourPackages is the prefix of the proto packages of the suite.
const ourPackages = "refersuite."

// serviceConfig is what gRPC itself is told: take the addresses in turn, and repeat what may be repeated when the answer is
// UNAVAILABLE, within the deadline, a little later each time, and less and less while a server fails a lot.
var serviceConfig = sync.OnceValue(func() string {
	type name struct {
		Service string `json:"service"`
		Method  string `json:"method"`
	}
	names := []name{}
	for _, method := range idempotentMethods(protoregistry.GlobalFiles) {
		names = append(names, name{Service: string(method.Parent()), Method: string(method.Name())})
	}
	config := map[string]any{
		"loadBalancingConfig": []any{map[string]any{"round_robin": map[string]any{}}},
		"retryThrottling":     map[string]any{"maxTokens": 100, "tokenRatio": 0.1},
		"methodConfig": []any{map[string]any{
			"name": names,
			"retryPolicy": map[string]any{
				"maxAttempts": 3, "initialBackoff": "0.05s", "maxBackoff": "0.5s", "backoffMultiplier": 2,
				"retryableStatusCodes": []string{"UNAVAILABLE"},
			},
		}},
	}
	data, err := json.Marshal(config)
	if err != nil {
		return "{}" // cannot happen: everything above is plain data
	}
	return string(data)
})

// idempotentMethods returns the linked RPCs of the suite that may be called twice with the effect of once.
func idempotentMethods(files *protoregistry.Files) []protoreflect.FullName {
	var names []protoreflect.FullName
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), ourPackages) {
			return true
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if idempotent(methods.Get(j)) {
					names = append(names, methods.Get(j).FullName())
				}
			}
		}
		return true
	})
	return names
}

// idempotent recognises reads by their verb and commands by the id that makes a repetition harmless; others say so in the
// proto with the option idempotency_level.
func idempotent(method protoreflect.MethodDescriptor) bool {
	if options, ok := method.Options().(*descriptorpb.MethodOptions); ok &&
		options.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN {
		return true
	}
	for _, verb := range []string{"Get", "List", "Count", "Validate", "Verify", "Reconcile"} {
		if strings.HasPrefix(string(method.Name()), verb) {
			return true
		}
	}
	for _, field := range []protoreflect.Name{"command_id", "event_id"} {
		if method.Input().Fields().ByName(field) != nil {
			return true
		}
	}
	return false
}
