module github.com/refersuite/refersuite/deploy

go 1.26.0

require (
	github.com/refersuite/refersuite/gateway v0.0.0
	github.com/refersuite/refersuite/pkg v0.0.0
	github.com/refersuite/refersuite/proto v0.0.0
	github.com/refersuite/refersuite/services v0.0.0
)

require (
	github.com/alecthomas/kong v1.17.0 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/schollz/progressbar/v3 v3.19.1 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/term v0.44.0 // indirect
)

replace (
	github.com/refersuite/refersuite/gateway => ../gateway
	github.com/refersuite/refersuite/pkg => ../pkg
	github.com/refersuite/refersuite/proto => ../proto
	github.com/refersuite/refersuite/services => ../services
)
