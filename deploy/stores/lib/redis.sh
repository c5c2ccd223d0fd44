# shellcheck shell=bash
# Redis never holds truth, so it keeps nothing on disk.

REDIS_IMAGE=redis:7.4.2-alpine
REDIS_CONTAINER=refersuite-redis

# redis_ping asks the server on a port by its protocol, without a client program.
redis_ping() {
	local answer=""
	{
		exec 8<>"/dev/tcp/127.0.0.1/$1"
	} 2>/dev/null || return 1
	printf 'PING\r\n' >&8
	read -r -t 2 answer <&8 || true
	exec 8>&-
	[ "${answer%$'\r'}" = +PONG ]
}

redis_uri() { printf 'redis://127.0.0.1:%s/0\n' "$(setting REDIS_PORT)"; }

# up_redis starts a server unless one of ours answers.
up_redis() {
	local port
	port=$(setting REDIS_PORT)
	if [ -n "$port" ] && { running redis || container_running "$REDIS_CONTAINER"; } && redis_ping "$port"; then
		return 0
	fi
	down_redis
	choose_port REDIS_PORT 26379
	if have redis-server; then
		launch_redis
	elif docker_works; then
		launch_redis_container
	elif have apt-get && [ "$(id -u)" = 0 ]; then
		host_packages redis-server
		launch_redis
	else
		fail "no Redis: install redis-server, start Docker, or set REDIS_URL"
	fi
	until_true 20 redis_ping "$(setting REDIS_PORT)" || fail "Redis does not answer, see $LOGS/redis.log"
}

launch_redis() {
	launch redis redis-server --bind 127.0.0.1 --port "$(setting REDIS_PORT)" --save '' --appendonly no \
		--dir "$STATE" --daemonize no
}

launch_redis_container() {
	run_container "$REDIS_CONTAINER" -p "127.0.0.1:$(setting REDIS_PORT):6379" "$REDIS_IMAGE" \
		redis-server --save '' --appendonly no
}

down_redis() {
	stop redis TERM
	remove_container "$REDIS_CONTAINER"
}
