package rest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/refersuite/refersuite/gateway/internal/backend"
)

// Route is one REST operation as its annotation declares it.
type Route struct {
	// Method is the HTTP method.
	Method string
	// Template is the path, such as /v1/users/{user_id}/balance.
	Template string
	// RPC is the full name of the RPC.
	RPC string

	pattern   *regexp.Regexp
	variables []string
}

// Routes are all operations.
type Routes []Route

// LoadRoutes reads the operations from the descriptors of the services that the edge offers.
func LoadRoutes() (Routes, error) {
	var list Routes
	for _, name := range backend.GRPCServices() {
		descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			return nil, fmt.Errorf("routes of %s: %w", name, err)
		}
		service, ok := descriptor.(protoreflect.ServiceDescriptor)
		if !ok {
			return nil, fmt.Errorf("routes of %s: it is not a service", name)
		}
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			if one, ok := readRoute(method); ok {
				one.RPC = fmt.Sprintf("/%s/%s", name, method.Name())
				list = append(list, one)
			}
		}
	}
	return list, nil
}

func readRoute(method protoreflect.MethodDescriptor) (Route, bool) {
	rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return Route{}, false
	}
	for verb, path := range map[string]string{
		"GET": rule.GetGet(), "POST": rule.GetPost(), "PUT": rule.GetPut(), "PATCH": rule.GetPatch(), "DELETE": rule.GetDelete(),
	} {
		if path != "" {
			route := Route{Method: verb, Template: path, pattern: compile(path)}
			for _, variable := range variables.FindAllString(regexp.QuoteMeta(path), -1) {
				route.variables = append(route.variables, strings.Trim(variable, `\{}`))
			}
			return route, true
		}
	}
	return Route{}, false
}

var variables = regexp.MustCompile(`\\\{[^}]*\\\}`)

// compile turns a path template into an expression: a variable is one segment.
func compile(template string) *regexp.Regexp {
	quoted := variables.ReplaceAllString(regexp.QuoteMeta(template), `([^/]+)`)
	return regexp.MustCompile("^" + quoted + "$")
}

// Find returns the operation of a request; of two templates that match, the one with the custom verb.
func (r Routes) Find(method, path string) (Route, bool) {
	var found Route
	for _, one := range r {
		if one.Method == method && one.pattern.MatchString(path) && len(one.Template) > len(found.Template) {
			found = one
		}
	}
	return found, found.Method != ""
}

// Allowed lists the methods of a path, for the header Allow.
func (r Routes) Allowed(path string) string {
	var methods []string
	for _, one := range r {
		if one.pattern.MatchString(path) && !slices.Contains(methods, one.Method) {
			methods = append(methods, one.Method)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}
