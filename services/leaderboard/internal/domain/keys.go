package domain

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// Stripes is how many chains share the commands of one programme. A command always meets the same stripe, so that an id that
// comes back for another person is found there. Changing the number would send known ids to other stripes.
const Stripes = 8

const (
	scorePrefix  = "score/"
	reversalMark = "reverse/"
	// lastID sorts after every identifier.
	lastID = "~"
)

// ScoreKey is the key of the chain of a person's score in a programme.
func ScoreKey(programID, userID string) string { return scorePrefix + programID + "/" + userID }

// ScorePrefix begins the keys of all score chains of a programme, or of all programmes when it is empty.
func ScorePrefix(programID string) string {
	if programID == "" {
		return scorePrefix
	}
	return scorePrefix + programID + "/"
}

// AfterProgram stands after all score chains of a programme and before those of the next.
func AfterProgram(programID string) string { return ScorePrefix(programID) + lastID }

// ParseScoreKey takes a key of ScoreKey apart; false for any other key.
func ParseScoreKey(key string) (programID, userID string, ok bool) {
	rest, ok := strings.CutPrefix(key, scorePrefix)
	if !ok {
		return "", "", false
	}
	programID, userID, ok = strings.Cut(rest, "/")
	return programID, userID, ok && programID != "" && userID != ""
}

// CommandKey is the key of the chain that keeps a command of a programme from being executed for two people.
func CommandKey(programID, commandID string) string {
	h := fnv.New32a()
	h.Write([]byte(commandID))
	return fmt.Sprintf("command/%s/%02d", programID, h.Sum32()%Stripes)
}

// Reversed returns the id of the command that a reversal takes back; false when the id is not one of a reversal.
func Reversed(commandID string) (string, bool) { return strings.CutPrefix(commandID, reversalMark) }
