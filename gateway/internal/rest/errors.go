package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/refersuite/refersuite/gateway/internal/apierror"
)

// handleError answers with the status of a service, or with what the edge found wrong before it called one.
func handleError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	var withHTTP *runtime.HTTPStatusError
	if errors.As(err, &withHTTP) {
		apierror.Write(w, apierror.New(codes.InvalidArgument, apierror.ReasonPathInvalid, "the path is not valid: %v", withHTTP.Err))
		return
	}
	st := status.Convert(err)
	if st.Code() == codes.InvalidArgument && len(st.Details()) == 0 {
		apierror.Write(w, badRequest(st.Message()))
		return
	}
	apierror.Write(w, apierror.From(err))
}

// badRequest sorts what the generated code says about a request: its body, a query parameter or a part of its path.
func badRequest(message string) *status.Status {
	message = readable(errors.New(message))
	if st, ok := pathFault(message); ok {
		return st
	}
	if fault, isBody := strings.CutPrefix(message, bodyError); isBody {
		if field, ok := fieldOf(fault); ok {
			st := apierror.New(codes.InvalidArgument, apierror.ReasonFieldUnknown, "%s%s", bodyError, describe(field))
			return apierror.WithField(st, field, describe(field))
		}
		if field, description, ok := valueFault(fault); ok {
			st := apierror.New(codes.InvalidArgument, apierror.ReasonBodyInvalid, "%s%s", bodyError, description)
			return apierror.WithField(st, field, description)
		}
		return apierror.New(codes.InvalidArgument, apierror.ReasonBodyInvalid, "%s", message)
	}
	return parameterFault(message)
}

// handleRouting answers requests that match no operation.
func (r Routes) handleRouting(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, req *http.Request, code int) {
	switch code {
	case http.StatusMethodNotAllowed:
		allowed := r.Allowed(req.URL.EscapedPath())
		w.Header().Set("Allow", allowed)
		apierror.Write(w, apierror.New(codes.Unimplemented, apierror.ReasonMethodNotAllowed,
			"%s does not take %s: use %s", req.URL.Path, req.Method, allowed))
	case http.StatusNotFound:
		apierror.Write(w, apierror.New(codes.NotFound, apierror.ReasonRouteNotFound,
			"there is no operation %s %s: see /docs", req.Method, req.URL.Path))
	default:
		apierror.Write(w, apierror.New(codes.InvalidArgument, apierror.ReasonPathInvalid, "the path is not valid"))
	}
}
