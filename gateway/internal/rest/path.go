package rest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
)

// boundBody is the body of a request whose path gives some of its fields.
type boundBody struct {
	io.ReadCloser
	path map[string]string
}

// bindBodies tells the decoder of each body what the path of its request says.
func (r Routes) bindBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		path := req.URL.EscapedPath()
		if route, ok := r.Find(req.Method, path); ok && req.Body != nil && len(route.variables) > 0 {
			req.Body = &boundBody{ReadCloser: req.Body, path: route.values(path)}
		}
		next.ServeHTTP(w, req)
	})
}

// values returns what the variables of the path are. A value that is not escaped correctly is left to the router.
func (r Route) values(path string) map[string]string {
	found := r.pattern.FindStringSubmatch(path)
	values := map[string]string{}
	for i, name := range r.variables {
		if value, err := url.PathUnescape(found[i+1]); err == nil {
			values[name] = value
		}
	}
	return values
}

// check refuses a body that sets a field of the path to another value. The path would win, and the caller would never
// learn that its body meant something else. All variables of paths are strings.
func (b *boundBody) check(message proto.Message) error {
	reflected := message.ProtoReflect()
	for name, value := range b.path {
		field := reflected.Descriptor().Fields().ByName(protoreflect.Name(name))
		if field != nil && reflected.Has(field) && reflected.Get(field).String() != value {
			return fmt.Errorf("%s%q", pathError, name)
		}
	}
	return nil
}

// pathError begins the message of a fault between body and path; the field follows in quotes.
const pathError = "the path and the body disagree about "

// pathFault tells which part of the path a body contradicts.
func pathFault(message string) (*status.Status, bool) {
	quoted, ok := strings.CutPrefix(message, pathError)
	field, err := strconv.Unquote(quoted)
	if !ok || err != nil {
		return nil, false
	}
	description := fmt.Sprintf("the body sets %s to another value than the path: leave it out of the body or repeat the path's", field)
	st := apierror.New(codes.InvalidArgument, apierror.ReasonPathInvalid, "%s", description)
	return apierror.WithField(st, field, description), true
}
