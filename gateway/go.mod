module github.com/refersuite/refersuite/gateway

go 1.26.0

require (
	github.com/refersuite/refersuite/pkg v0.0.0
	github.com/refersuite/refersuite/proto v0.0.0
)

require github.com/coder/websocket v1.8.15 // indirect

replace (
	github.com/refersuite/refersuite/pkg => ../pkg
	github.com/refersuite/refersuite/proto => ../proto
)
