package apierror

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

// HTTPStatus is the HTTP status of an error. Most follow google.rpc.Code; some reasons of the edge have one of their own.
func HTTPStatus(st *status.Status) int {
	switch Reason(st) {
	case ReasonMethodNotAllowed:
		return http.StatusMethodNotAllowed
	case ReasonBodyTooLarge:
		return http.StatusRequestEntityTooLarge
	case ReasonKeyReused:
		return http.StatusUnprocessableEntity
	default:
		return runtime.HTTPStatusFromCode(st.Code())
	}
}

// RequestIDHeader carries the id of a request, in both directions.
const RequestIDHeader = "X-Request-Id"

// Write answers with an error: status line, the headers that belong to it, and the google.rpc.Status as JSON. The id of
// the request, which the answer's headers already carry, is among the details, as it is when a service says no.
func Write(w http.ResponseWriter, st *status.Status) {
	header := w.Header()
	st = WithRequestID(st, header.Get(RequestIDHeader))
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	code := HTTPStatus(st)
	switch code {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", challenge(st))
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header.Set("Retry-After", retryAfter(st))
	}
	body, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(st.Proto())
	if err != nil {
		// A detail of a type unknown here; the rest of the answer still counts.
		plain := New(st.Code(), Reason(st), "%s", st.Message())
		body, _ = protojson.MarshalOptions{UseProtoNames: true}.Marshal(plain.Proto())
	}
	w.WriteHeader(code)
	body = Compact(body)
	// Whoever hung up does not want to hear about it.
	_, _ = w.Write(body)
}

// challenge follows RFC 6750: a token that was sent and refused is named invalid, a missing one is not.
func challenge(st *status.Status) string {
	if Reason(st) == "TOKEN_MISSING" {
		return `Bearer realm="refersuite"`
	}
	return `Bearer realm="refersuite", error="invalid_token"`
}

// retryAfter is the delay the service asked for in whole seconds, rounded up; 1 when it did not.
func retryAfter(st *status.Status) string {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok && info.GetRetryDelay().AsDuration() > 0 {
			return strconv.Itoa(int(math.Ceil(info.GetRetryDelay().AsDuration().Seconds())))
		}
	}
	return "1"
}

// IsDefinite reports whether repeating a request that got this HTTP status must get it again: it was done, or it was
// refused for a reason that is in the request itself.
func IsDefinite(httpStatus int) bool {
	switch httpStatus {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return false
	default:
		// 499 is what a caller who hung up would have got.
		return httpStatus >= 200 && httpStatus < 300 || httpStatus >= 400 && httpStatus < 499
	}
}

// Compact rids JSON of the spaces that protojson varies from build to build, so that equal answers are equal bytes.
func Compact(body []byte) []byte {
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		return body
	}
	return compact.Bytes()
}
