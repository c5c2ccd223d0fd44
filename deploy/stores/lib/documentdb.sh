# shellcheck shell=bash
# The engine of last resort and the one of continuous integration: PostgreSQL 18 with DocumentDB, and FerretDB before it.

PGDATA_IN_CHROOT=/var/lib/refersuite/pgdata
PGDATA_ON_HOST=$CHROOT$PGDATA_IN_CHROOT

# as_postgres runs a PostgreSQL program in the chroot as its own user; exec keeps the process id.
as_postgres() {
	chroot --userspec=postgres:postgres "$CHROOT" "${POSTGRES_ENV[@]}" "$@"
}
POSTGRES_ENV=(env -i LC_ALL=C.UTF-8 PATH=/usr/lib/postgresql/18/bin:/usr/bin:/bin)

# shared_buffers prints the cache size: 1 GB, or a quarter of a small machine's memory.
shared_buffers() {
	awk '/^MemTotal:/ { mb = int($2 / 4096); print (mb < 1024 ? mb : 1024) "MB" }' /proc/meminfo
}

# write_postgres_settings is called before each start, so that new settings reach old data. Why each: README.md.
write_postgres_settings() {
	cat >"$PGDATA_ON_HOST/refersuite.conf" <<EOF
listen_addresses = '127.0.0.1'
port = $(setting POSTGRES_PORT)
unix_socket_directories = ''
max_connections = 300
shared_buffers = $(shared_buffers)
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
cron.host = '127.0.0.1'
cron.log_run = off
cron.log_statement = off
deadlock_timeout = 20ms
fsync = on
synchronous_commit = on
full_page_writes = on
wal_buffers = 64MB
min_wal_size = 1GB
max_wal_size = 4GB
checkpoint_timeout = 15min
jit = off
log_min_messages = log
log_checkpoints = off
EOF
}

# create_cluster makes an empty database beside its place and moves it there when it is whole.
create_cluster() {
	[ -d "$PGDATA_ON_HOST" ] && return 0
	say "creating the database cluster"
	rm -rf "$PGDATA_ON_HOST.new"
	chroot "$CHROOT" install -d -o postgres -g postgres -m 700 "${PGDATA_IN_CHROOT%/*}" "$PGDATA_IN_CHROOT.new"
	as_postgres initdb -D "$PGDATA_IN_CHROOT.new" -A trust -E UTF8 --locale=C.UTF-8 >>"$LOGS/initdb.log" 2>&1 9>&- ||
		fail "initdb failed, see $LOGS/initdb.log"
	echo "include_if_exists = 'refersuite.conf'" >>"$PGDATA_ON_HOST.new/postgresql.conf"
	mv "$PGDATA_ON_HOST.new" "$PGDATA_ON_HOST"
}

postgres_ready() {
	gone postgres || as_postgres pg_isready -q -h 127.0.0.1 -p "$(setting POSTGRES_PORT)"
}

# start_postgres starts on the remembered port and waits until it answers, recovery included.
start_postgres() {
	running postgres && return 0
	kill_postgres_children
	rm -f "$PGDATA_ON_HOST/postmaster.pid"
	write_postgres_settings
	launch postgres chroot --userspec=postgres:postgres "$CHROOT" "${POSTGRES_ENV[@]}" postgres -D "$PGDATA_IN_CHROOT"
	if ! until_true 120 postgres_ready || gone postgres; then
		log_tail postgres
		fail "PostgreSQL does not start, see $LOGS/postgres.log"
	fi
}

create_extension() {
	as_postgres psql -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(setting POSTGRES_PORT)" -d postgres \
		-c 'SET client_min_messages = warning' -c 'CREATE EXTENSION IF NOT EXISTS documentdb CASCADE' \
		>>"$LOGS/initdb.log" 2>&1 9>&- || fail "CREATE EXTENSION documentdb failed, see $LOGS/initdb.log"
}

# start_gateway listens only where the settings say, without authentication: loopback is the border.
start_gateway() {
	running gateway && return 0
	mkdir -p "$STATE/gateway"
	launch gateway env LISTEN_ADDR="127.0.0.1:$(setting MONGODB_PORT)" STATE_DIR="$STATE/gateway" \
		POSTGRES_URL="postgres://postgres@127.0.0.1:$(setting POSTGRES_PORT)/postgres?pool_max_conns=50" \
		"$(gateway_path)"
	if ! PROBE_TIMEOUT=60s probe ping "$(documentdb_uri)"; then
		log_tail gateway
		fail "the gateway does not answer, see $LOGS/gateway.log"
	fi
}

documentdb_uri() { printf 'mongodb://127.0.0.1:%s/\n' "$(setting MONGODB_PORT)"; }

# up_documentdb builds the gateway while the packages install.
up_documentdb() {
	build_gateway 9>&- &
	local building=$!
	install_documentdb
	create_cluster
	running postgres || choose_port POSTGRES_PORT 25432
	start_postgres
	create_extension
	wait "$building" || exit 1
	running gateway || choose_port MONGODB_PORT 27117
	start_gateway
}

down_documentdb() {
	stop gateway TERM
	stop postgres INT
}

purge_documentdb() { rm -rf --one-file-system "$PGDATA_ON_HOST" "$PGDATA_ON_HOST.new" "$STATE/gateway"; }

# postgres_children prints every process that works in the data directory, also those that outlived their postmaster.
postgres_children() {
	local cwd data
	[ -d "$PGDATA_ON_HOST" ] || return 0
	data=$(readlink -f "$PGDATA_ON_HOST") && [ -n "$data" ] || return 0
	for cwd in /proc/[0-9]*/cwd; do
		if [ "$(readlink "$cwd" 2>/dev/null)" = "$data" ]; then
			cwd=${cwd#/proc/}
			echo "${cwd%/cwd}"
		fi
	done
}

no_postgres_children() { [ -z "$(postgres_children)" ]; }

# kill_postgres_children ends them without a chance to write: a new postmaster must find no old backend.
kill_postgres_children() {
	local pid
	for pid in $(postgres_children); do kill -KILL "$pid" 2>/dev/null || true; done
	until_true 10 no_postgres_children || fail "processes of the old database do not end: $(postgres_children)"
}

# crash_documentdb kills the database under its gateway, which stays.
crash_documentdb() {
	local pid
	pid=$(pid_of postgres) && kill -KILL "$pid" 2>/dev/null
	kill_postgres_children
	rm -f "$STATE/postgres.pid"
}

# recover_documentdb starts it again on the same port and waits until the gateway reads through it.
recover_documentdb() {
	start_postgres
	PROBE_TIMEOUT=60s until_true 60 probe ping "$(documentdb_uri)"
}
