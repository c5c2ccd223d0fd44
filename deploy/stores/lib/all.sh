# shellcheck shell=bash
# Loads every part, and tells engines apart. STORES is the folder of the scripts.

for part in state process gotools documentdb_install documentdb mongod redis; do
	# shellcheck source=/dev/null
	. "$STORES/lib/$part.sh"
done

# is_given tells whether a URL (by the name of its variable) comes from outside. One that these scripts printed before,
# and a caller exported, is still theirs.
is_given() { [ -n "${!1:-}" ] && [ "${!1}" != "$(setting "OWN_$1")" ]; }

engine_uri() {
	case $1 in
	documentdb) documentdb_uri ;;
	mongod | docker) mongod_uri ;;
	esac
}

engine_running() {
	case $1 in
	documentdb) running postgres && running gateway ;;
	mongod) running mongod ;;
	docker) container_running "$MONGO_CONTAINER" ;;
	*) return 1 ;;
	esac
}
