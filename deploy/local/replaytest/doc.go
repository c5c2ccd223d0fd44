// Package replaytest proves the replay in processes of its own: killed in the middle, with the database crashed under it,
// with requests sent twice and events out of order, the money at the end is what the rules of the ladder say.
package replaytest
