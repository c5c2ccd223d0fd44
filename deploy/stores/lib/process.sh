# shellcheck shell=bash
# Servers that outlive the script: started detached, remembered with their start time, stopped only when that still fits.

# started_at prints something that no later process with the same id shares.
started_at() {
	if [ -r "/proc/$1/stat" ]; then
		sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20
	else
		ps -o lstart= -p "$1" | tr -s ' '
	fi
}

# rotate_log keeps one old log of a server, once the log is over 16 MB.
rotate_log() {
	[ -f "$LOGS/$1.log" ] || return 0
	[ "$(wc -c <"$LOGS/$1.log")" -lt 16777216 ] || mv "$LOGS/$1.log" "$LOGS/$1.log.old"
}

# launch NAME COMMAND... starts a server in its own session, its output in log/NAME.log, its identity in NAME.pid.
launch() {
	local name=$1 pid
	shift
	rotate_log "$name"
	local detach=(nohup)
	have setsid && detach=(setsid)
	"${detach[@]}" "$@" </dev/null >>"$LOGS/$name.log" 2>&1 9>&- &
	pid=$!
	printf '%s %s\n' "$pid" "$(started_at "$pid")" >"$STATE/$name.pid"
}

# pid_of prints the id of a running server that launch started, and fails when it is gone or its id belongs to another
# process by now.
pid_of() {
	local pid started
	[ -f "$STATE/$1.pid" ] || return 1
	read -r pid started <"$STATE/$1.pid" || return 1
	kill -0 "$pid" 2>/dev/null || return 1
	[ "$(started_at "$pid" 2>/dev/null)" = "$started" ] || return 1
	[ "$(process_state "$pid")" != Z ] || return 1
	echo "$pid"
}

# process_state prints one letter: Z for a process that ended and was not collected.
process_state() {
	if [ -r "/proc/$1/stat" ]; then
		sed 's/.*) //' "/proc/$1/stat" | cut -c1
	else
		ps -o stat= -p "$1" | cut -c1
	fi
}

running() { pid_of "$1" >/dev/null; }

gone() { ! running "$1"; }

# stop NAME SIGNAL ends a server and waits for it; after 30 seconds it is killed.
stop() {
	local name=$1 signal=$2 pid
	if pid=$(pid_of "$name"); then
		say "stopping $name (pid $pid)"
		kill "-$signal" "$pid" 2>/dev/null || true
		until_true 30 gone "$name" || kill -KILL "$pid" 2>/dev/null || true
		until_true 5 gone "$name" || fail "$name (pid $pid) does not end; look at $LOGS/$name.log"
	fi
	rm -f "$STATE/$name.pid"
}

# log_tail shows the end of a server's log, for an error message.
log_tail() { tail -n 20 "$LOGS/$1.log" >&2 2>/dev/null || true; }
