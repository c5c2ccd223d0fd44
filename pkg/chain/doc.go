// Package chain keeps append-only chains of immutable entries, one chain per key. An entry carries the state after a
// step, the command that caused it and the hash of the entry before it:
//
//   - the unique position (key, sequence) linearizes writers, whatever process they are in;
//   - the unique pair (key, command id) executes each command once;
//   - the hashes make tampering visible.
//
// A Log computes entries from the head of their chain and writes them in groups: everything that waits in the process
// goes in one ordered insert, several steps of one key in a row, and the next batch gathers while it is in flight. Stores
// are adapters (memchain, mongochain); chaintest holds the contract that all of them pass.
package chain
