# shellcheck shell=bash
# Installs PostgreSQL 18 with the DocumentDB extension into a Debian chroot of its own, so that the host's packages stay
# as they are. Nothing is mounted.

CHROOT=$CACHE/engine/debian-forky-pg18

# documentdb_possible tells whether this machine can install or already has the engine.
documentdb_possible() {
	[ "$(id -u)" = 0 ] || return 1
	[ -d "$CHROOT" ] || [ "$(sed -n 's/^ID=//p' /etc/os-release 2>/dev/null)" = debian ]
}

# host_packages installs Debian packages on the host.
host_packages() {
	say "installing $* with apt-get"
	export DEBIAN_FRONTEND=noninteractive
	local install=(apt-get install -y --no-install-recommends)
	"${install[@]}" "$@" >>"$LOGS/apt.log" 2>&1 9>&- && return 0
	apt-get update >>"$LOGS/apt.log" 2>&1 9>&- || fail "apt-get update failed, see $LOGS/apt.log"
	"${install[@]}" "$@" >>"$LOGS/apt.log" 2>&1 9>&- || fail "apt-get install $* failed, see $LOGS/apt.log"
}

# debian_mirror prints the first mirror of the machine's own apt sources.
debian_mirror() {
	local mirror=${REFERSUITE_DEBIAN_MIRROR:-}
	if [ -z "$mirror" ]; then
		# shellcheck disable=SC2016 # The format is apt's, not the shell's.
		mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
			grep -E '/debian/?$' | sort -u | head -n 1)
	fi
	[ -n "$mirror" ] || fail "no Debian mirror in the apt sources: set REFERSUITE_DEBIAN_MIRROR to one"
	echo "$mirror"
}

# install_documentdb makes the chroot; a half-made one of an earlier run is thrown away.
install_documentdb() {
	[ -d "$CHROOT" ] && return 0
	have debootstrap || host_packages debootstrap
	local root=$CHROOT.new mirror
	mirror=$(debian_mirror)
	say "installing PostgreSQL 18 with DocumentDB into $CHROOT (about a minute, 0.9 GB)"
	rm -rf --one-file-system "$root"
	mkdir -p "$root"
	chmod 755 "$root"
	bootstrap_chroot "$root" "$mirror" >>"$LOGS/install.log" 2>&1 9>&- || install_failed
	prepare_chroot "$root"
	install_postgres "$root" >>"$LOGS/install.log" 2>&1 9>&- || install_failed
	rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
	mv "$root" "$CHROOT"
}

install_failed() {
	tail -n 20 "$LOGS/install.log" >&2
	fail "the installation failed, all of it is in $LOGS/install.log"
}

# bootstrap_chroot uses the sid script by path, because older debootstraps do not know the release by its name.
bootstrap_chroot() {
	local include=()
	case $2 in https:*) include=(--include=ca-certificates) ;; esac
	debootstrap --variant=minbase "${include[@]}" forky "$1" "$2" /usr/share/debootstrap/scripts/sid
}

# prepare_chroot keeps packages from starting servers, from making a cluster of their own and from asking for /proc, and
# hands on the host's proxies and names.
prepare_chroot() {
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	printf '#!/bin/sh\nexit 0\n' >"$1/usr/local/sbin/systemd-tmpfiles"
	chmod 755 "$1/usr/sbin/policy-rc.d" "$1/usr/local/sbin/systemd-tmpfiles"
	mkdir -p "$1/etc/postgresql-common"
	echo 'create_main_cluster = false' >"$1/etc/postgresql-common/createcluster.conf"
	printf 'path-exclude=/usr/share/%s/*\n' doc man locale >"$1/etc/dpkg/dpkg.cfg.d/small"
	echo force-unsafe-io >>"$1/etc/dpkg/dpkg.cfg.d/small"
	apt-config dump | grep -iE '^Acquire::(http|https)::.*Proxy' >"$1/etc/apt/apt.conf.d/10host" || true
	[ -e "$1/etc/hosts" ] || cp /etc/hosts "$1/etc/hosts"
}

install_postgres() {
	local path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	local run=(chroot "$1" env -i LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH="$path")
	"${run[@]}" apt-get update
	"${run[@]}" apt-get install -y --no-install-recommends -o DPkg::Path="$path" postgresql-18-documentdb
}
