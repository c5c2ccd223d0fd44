package grpcserver

// Budgets are the use cases about the money of programmes.
type Budgets interface{}
