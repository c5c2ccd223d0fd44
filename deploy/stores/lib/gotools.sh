# shellcheck shell=bash
# The two Go programs of ferretdb/: the gateway, and the probe that pings, initiates and checks. Built once per source.

FERRETDB_MODULE=$STORES/ferretdb

# tool_path NAME PACKAGE prints where a program is cached, by the checksum of its sources.
tool_path() {
	local sum
	sum=$(cd "$FERRETDB_MODULE" && cat go.mod go.sum "$2"/*.go | cksum | tr ' ' '-')
	printf '%s/bin/%s-%s\n' "$CACHE" "$1" "$sum"
}

# build_tool NAME PACKAGE builds a program unless the cache has it.
build_tool() {
	local target
	target=$(tool_path "$1" "$2")
	[ -x "$target" ] && return 0
	have go || fail "the Go toolchain is needed to build $1: install Go, or set MONGODB_URI to a running database"
	say "building $1 (a minute or two the first time)"
	mkdir -p "$CACHE/bin"
	(cd "$FERRETDB_MODULE" && GOWORK=off GOFLAGS=-mod=readonly go build -trimpath -o "$target.new" "$2") >&2 9>&- ||
		fail "building $1 failed, see above"
	mv "$target.new" "$target"
}

build_gateway() { build_tool gateway .; }

gateway_path() { tool_path gateway .; }

build_probe() { build_tool probe ./probe; }

# probe runs the probe, which has its own deadline.
probe() { "$(tool_path probe ./probe)" "$@"; }
