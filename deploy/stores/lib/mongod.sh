# shellcheck shell=bash
# MongoDB itself: a mongod of the PATH, or one in a container; either is a replica set of one node.

MONGO_IMAGE=mongo:7.0.16
MONGO_CONTAINER=refersuite-mongo
MONGO_VOLUME=refersuite-mongo

mongod_uri() { printf 'mongodb://127.0.0.1:%s/?replicaSet=rs0\n' "$(setting MONGODB_PORT)"; }

# initiate_replica_set gives an existing set the present port.
initiate_replica_set() {
	local member
	member=127.0.0.1:$(setting MONGODB_PORT)
	until_true 60 probe initiate "mongodb://$member/?directConnection=true" "$member" || return 1
	PROBE_TIMEOUT=60s probe ping "$(mongod_uri)"
}

start_mongod() {
	running mongod && return 0
	mkdir -p "$STATE/mongod"
	launch mongod mongod --replSet rs0 --bind_ip 127.0.0.1 --port "$(setting MONGODB_PORT)" --dbpath "$STATE/mongod" \
		--setParameter diagnosticDataCollectionEnabled=false
	if ! initiate_replica_set; then
		log_tail mongod
		fail "mongod does not start, see $LOGS/mongod.log"
	fi
}

up_mongod() {
	running mongod || choose_port MONGODB_PORT 27117
	start_mongod
}

down_mongod() { stop mongod TERM; }

purge_mongod() { rm -rf "$STATE/mongod"; }

crash_mongod() { stop mongod KILL; }

recover_mongod() { start_mongod; }

docker_works() { have docker && docker info >/dev/null 2>&1 9>&-; }

container_running() {
	have docker && [ "$(docker inspect -f '{{.State.Running}}' "$1" 2>/dev/null)" = true ]
}

# remove_container removes a container that these scripts made, which they know by its id; the data is in a volume.
remove_container() {
	local id
	id=$(setting "CONTAINER_$1")
	[ -n "$id" ] || return 0
	say "removing container $1"
	docker rm -f "$id" >/dev/null 2>&1 || true
	remember "CONTAINER_$1" ""
}

# run_container NAME ARGUMENT... starts a detached container and remembers its id.
run_container() {
	local name=$1 id
	shift
	remove_container "$name"
	id=$(docker run -d --name "$name" "$@" 9>&-) || fail "docker could not start container $name, see above"
	remember "CONTAINER_$name" "$id"
}

up_docker() {
	container_running "$MONGO_CONTAINER" && return 0
	remove_container "$MONGO_CONTAINER"
	choose_port MONGODB_PORT 27117
	local port
	port=$(setting MONGODB_PORT)
	run_container "$MONGO_CONTAINER" -p "127.0.0.1:$port:$port" -v "$MONGO_VOLUME:/data/db" "$MONGO_IMAGE" \
		mongod --replSet rs0 --bind_ip_all --port "$port"
	initiate_container
}

initiate_container() {
	initiate_replica_set || fail "the replica set has no primary, see 'docker logs $MONGO_CONTAINER'"
}

down_docker() { remove_container "$MONGO_CONTAINER"; }

purge_docker() { ! docker_works || docker volume rm -f "$MONGO_VOLUME" >/dev/null || true; }

crash_docker() { docker kill -s KILL "$MONGO_CONTAINER" >/dev/null 2>&1 || true; }

recover_docker() {
	docker start "$MONGO_CONTAINER" >/dev/null || fail "docker could not start $MONGO_CONTAINER again"
	initiate_container
}
