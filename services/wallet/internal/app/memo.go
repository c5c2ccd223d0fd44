package app

import "sync"

// memoSize bounds how many programmes a process remembers.
const memoSize = 10_000

// memo remembers something about programmes. The zero value remembers nothing.
type memo[V any] struct {
	mu    sync.RWMutex
	known map[string]V
}

func (m *memo[V]) get(program string) (V, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.known[program]
	return v, ok
}

func (m *memo[V]) put(program string, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= memoSize {
		m.known = map[string]V{}
	}
	m.known[program] = v
}
