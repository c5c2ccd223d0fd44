package mongox

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// CodeDeadlock is the write error code of an engine whose unique indexes may answer a race of equal keys with a
// deadlock: nothing was written for the document that carries it. Read back, then retry.
const CodeDeadlock = 16908292

// definite lists the codes with which a server says that it refused a write for good: what was asked for is wrong, or
// something else is already there. Whatever is not listed may have happened or may succeed when sent again.
var definite = map[int]bool{
	2:     true, // BadValue
	4:     true, // NoSuchKey
	9:     true, // FailedToParse
	13:    true, // Unauthorized
	14:    true, // TypeMismatch
	15:    true, // Overflow
	16:    true, // InvalidLength
	18:    true, // AuthenticationFailed
	20:    true, // IllegalOperation
	22:    true, // InvalidBSON
	26:    true, // NamespaceNotFound
	27:    true, // IndexNotFound
	28:    true, // PathNotViable
	40:    true, // ConflictingUpdateOperators
	48:    true, // NamespaceExists
	52:    true, // DollarPrefixedFieldName
	53:    true, // InvalidIdField
	55:    true, // InvalidDBRef
	56:    true, // EmptyFieldName
	57:    true, // DottedFieldName
	59:    true, // CommandNotFound
	66:    true, // ImmutableField
	67:    true, // CannotCreateIndex
	72:    true, // InvalidOptions
	73:    true, // InvalidNamespace
	85:    true, // IndexOptionsConflict
	86:    true, // IndexKeySpecsConflict
	121:   true, // DocumentValidationFailure
	146:   true, // ExceededMemoryLimit
	10334: true, // BSONObjectTooLarge
	11000: true, // DuplicateKey
	11001: true, // DuplicateKey of an update
	12582: true, // DuplicateKey seen through a router
	17280: true, // KeyTooLong
	17419: true, // document too large after an update
	31254: true, // UnsupportedOption
	40415: true, // unknown field in a command
	51003: true, // unsupported array filter
	51024: true, // value out of range
	// DocumentValidationFailure of an update, as FerretDB passes it on: the engine's SQLSTATE M00CO, six bits a character.
	525074461: true,
}

// IsDuplicate reports whether a unique index refused the write. Of a batch it says that at least one document was
// refused so; look into mongo.BulkWriteException for which.
func IsDuplicate(err error) bool { return mongo.IsDuplicateKeyError(err) }

// IsUnknownOutcome reports whether a driver's error leaves open whether the write happened, or says that it may succeed
// when sent again: lost connections, timeouts and cancellation, failovers, internal errors of the server, deadlocks,
// and a write that was applied but not confirmed by a majority. The caller reads back, or sends the same idempotent
// command again. It is false for nil and for definite refusals: duplicate keys, failed validation, malformed requests
// and documents that could not be encoded.
func IsUnknownOutcome(err error) bool {
	if err == nil || errors.Is(err, mongo.ErrNoDocuments) || isClientRefusal(err) {
		return false
	}
	var bulk mongo.BulkWriteException
	if errors.As(err, &bulk) {
		if bulk.WriteConcernError != nil || len(bulk.WriteErrors) == 0 {
			return true
		}
		for _, we := range bulk.WriteErrors {
			if !definite[we.Code] {
				return true
			}
		}
		return false
	}
	var write mongo.WriteException
	if errors.As(err, &write) {
		if write.WriteConcernError != nil || len(write.WriteErrors) == 0 {
			return true
		}
		for _, we := range write.WriteErrors {
			if !definite[we.Code] {
				return true
			}
		}
		return false
	}
	var command mongo.CommandError
	if errors.As(err, &command) {
		return !definite[int(command.Code)]
	}
	return true
}

// isClientRefusal recognises errors found before anything was sent.
func isClientRefusal(err error) bool {
	var marshal mongo.MarshalError
	var argument mongo.InvalidArgumentError
	return errors.As(err, &marshal) || errors.As(err, &argument)
}
