package audit

import (
	"strconv"

	"github.com/refersuite/refersuite/pkg/errs"
)

var codeNames = map[errs.Code]string{
	0:                       "OK",
	errs.Canceled:           "CANCELLED",
	errs.Unknown:            "UNKNOWN",
	errs.InvalidArgument:    "INVALID_ARGUMENT",
	errs.DeadlineExceeded:   "DEADLINE_EXCEEDED",
	errs.NotFound:           "NOT_FOUND",
	errs.AlreadyExists:      "ALREADY_EXISTS",
	errs.PermissionDenied:   "PERMISSION_DENIED",
	errs.ResourceExhausted:  "RESOURCE_EXHAUSTED",
	errs.FailedPrecondition: "FAILED_PRECONDITION",
	errs.Aborted:            "ABORTED",
	errs.Unimplemented:      "UNIMPLEMENTED",
	errs.Internal:           "INTERNAL",
	errs.Unavailable:        "UNAVAILABLE",
	errs.Unauthenticated:    "UNAUTHENTICATED",
}

// codeName returns the canonical name of a code, such as FAILED_PRECONDITION.
func codeName(code errs.Code) string {
	if name, ok := codeNames[code]; ok {
		return name
	}
	return "CODE_" + strconv.FormatUint(uint64(code), 10)
}
