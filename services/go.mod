module github.com/refersuite/refersuite/services

go 1.26.0

require (
	github.com/refersuite/refersuite/pkg v0.0.0
	github.com/refersuite/refersuite/proto v0.0.0
)

replace (
	github.com/refersuite/refersuite/pkg => ../pkg
	github.com/refersuite/refersuite/proto => ../proto
)
