# shellcheck shell=bash
# Where the stores keep their files, and how the scripts speak, lock and remember.

CACHE=${REFERSUITE_CACHE:-${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME}/.cache}/refersuite}
STATE=$CACHE/stores
ENV_FILE=$STATE/env
SETTINGS=$STATE/settings
LOGS=$STATE/log

# Server programs live where a bare PATH does not look.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# say reports progress; stdout belongs to the two result lines.
say() { printf 'stores: %s\n' "$*" >&2; }

# fail ends the script with a message that says what to do.
fail() {
	say "error: $*"
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# with_lock makes one script at a time work on the state, whichever clone it belongs to. The lock is file descriptor 9;
# started servers close it.
with_lock() {
	mkdir -p "$STATE" "$LOGS"
	chmod 700 "$STATE"
	exec 9>"$STATE/lock"
	if ! have flock; then
		return 0
	fi
	flock -n 9 && return 0
	say "waiting for another run that holds $STATE/lock"
	flock -w 900 9 || fail "another run holds $STATE/lock for 15 minutes: see what 'fuser $STATE/lock' shows"
}

# setting prints a remembered value, or nothing.
setting() {
	[ -f "$SETTINGS" ] || return 0
	sed -n "s/^$1=//p" "$SETTINGS" | tail -n 1
}

# remember stores a value under a name; the last one wins.
remember() {
	local rest=""
	[ -f "$SETTINGS" ] && rest=$(grep -v "^$1=" "$SETTINGS" || true)
	printf '%s\n' "$rest" "$1=$2" | sed '/^$/d' >"$SETTINGS.new"
	mv "$SETTINGS.new" "$SETTINGS"
}

# port_open tells whether something listens on a loopback port.
port_open() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# choose_port NAME FIRST remembers a free port for NAME: the one it had, or the first free one from FIRST on. Call it only
# while the server that owns the port is not running.
choose_port() {
	local port
	port=$(setting "$1")
	port=${port:-$2}
	while port_open "$port"; do port=$((port + 1)); done
	remember "$1" "$port"
}

# publish writes the two result lines, for this caller and for those who come later.
publish() {
	printf 'MONGODB_URI=%s\nREDIS_URL=%s\n' "$1" "$2" >"$ENV_FILE.new"
	chmod 600 "$ENV_FILE.new"
	mv "$ENV_FILE.new" "$ENV_FILE"
	cat "$ENV_FILE"
}

# until_true SECONDS COMMAND... repeats the command until it succeeds; false when the time is over.
until_true() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.1
	done
}
