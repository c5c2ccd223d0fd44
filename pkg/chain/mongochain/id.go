package mongochain

import (
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/refersuite/refersuite/pkg/chain"
)

const (
	// digits is the width of the sequence in an _id.
	digits = 12
	// beyond is greater than every byte of a key.
	beyond = "\x7f"
)

// documentID is the _id of a place. '#' is smaller than every byte of a key, so that a chain's documents stand together.
func documentID(key string, seq int64) string {
	b := make([]byte, 0, len(key)+1+digits)
	return string(appendID(b, key, seq))
}

func appendID(b []byte, key string, seq int64) []byte {
	b = append(b, key...)
	b = append(b, '#')
	var number [20]byte
	n := strconv.AppendInt(number[:0], seq, 10)
	for range digits - len(n) {
		b = append(b, '0')
	}
	return append(b, n...)
}

// placeOf reads an _id. One that is not well formed counts as a key of its own at sequence 0, so that a walk gets past it.
func placeOf(id string) (chain.Place, error) {
	key, number, _ := strings.Cut(id, "#")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil || documentID(key, seq) != id {
		return chain.Place{Key: id}, fmt.Errorf("_id %q is not <key>#<sequence>", id)
	}
	return chain.Place{Key: key, Seq: seq}, nil
}

// first is smaller than every _id of a chain, past is greater.
func first(key string) string { return key + "#" }
func past(key string) string  { return key + "$" }

// within filters from <= _id < to.
func within(from, to string) bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lt", Value: to}}}}
}
