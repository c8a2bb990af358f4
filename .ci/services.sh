# shellcheck shell=bash
# The servers that tests talk to, on loopback. Sourced by .ci/run.
#
# need_NAME makes sure that one answers and exports its address as NFLOW_TEST_NAME. An address in that variable is used
# as it is; a server that answers at the usual place is used too; otherwise one is started in a folder of its own on a
# port of its own, after installing it when root may. stop_services ends only what was started here.

services_dir=$(mktemp -d)
chmod 755 "$services_dir" # servers run as users of their own
started=()                # process ids

say() { printf '   %s\n' "$*"; }

fail() {
	printf '   FAILED: %s\n' "$*" >&2
	return 1
}

# install PACKAGE... with apt-get, as root only.
install() {
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
		fail "cannot install $*: this needs root and apt-get. Start the server yourself and name it in NFLOW_TEST_…" || return 1
	say "installing $*"
	# policy-rc.d: the distribution's own server is not wanted, only its programs.
	local policy=/usr/sbin/policy-rc.d made=""
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=yes
	fi
	local status=0
	{
		DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
			DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"
	} </dev/null >"$services_dir/apt.log" 2>&1 || status=$?
	[ -n "$made" ] && rm -f $policy
	[ $status = 0 ] || { tail -n 20 "$services_dir/apt.log" >&2 && fail "apt-get could not install $*"; }
}

# free_port prints a port on loopback where nothing answers.
free_port() {
	local port
	for _ in $(seq 100); do
		port=$((20000 + RANDOM % 12000)) # below those that the system gives to connections
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo $port && return; }
	done
	fail "no free port"
}

# wait_for NAME COMMAND... waits until the command succeeds, 30 s at most.
wait_for() {
	local name=$1
	shift
	for _ in $(seq 150); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.2
	done
	tail -n 20 "$services_dir/$name.log" >&2 || true
	fail "$name did not get ready within 30 s"
}

# as USER COMMAND...: servers refuse to run as root. Others than root run them as themselves.
as() {
	local user=$1
	shift
	[ "$(id -u)" != 0 ] || set -- setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"
	"$@"
}

# start NAME USER COMMAND... runs a server until stop_services.
start() {
	local name=$1 user=$2
	shift 2
	[ "$(id -u)" != 0 ] || set -- setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"
	"$@" </dev/null >>"$services_dir/$name.log" 2>&1 &
	started+=($!)
}

# own_dir NAME USER makes a folder that the server's user owns, and prints it.
own_dir() {
	mkdir -p "$services_dir/$1"
	[ "$(id -u)" != 0 ] || chown "$2" "$services_dir/$1"
	echo "$services_dir/$1"
}

# programs of PostgreSQL are not in the PATH of every distribution.
pg_bin() {
	local dir
	for dir in $(command -v postgres | xargs -r dirname) $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) /usr/pgsql-*/bin; do
		[ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] && echo "$dir" && return
	done
	return 1
}

pg_answers() { psql -qAtX -c 'SELECT 1' "$1" </dev/null; }

need_postgres() {
	local dsn=${NFLOW_TEST_POSTGRES:-} usual="postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable&connect_timeout=3"
	if [ -n "$dsn" ]; then
		say "PostgreSQL: the one in NFLOW_TEST_POSTGRES"
	elif command -v psql >/dev/null && pg_answers "$usual" >/dev/null 2>&1; then
		dsn=$usual
		say "PostgreSQL: the one that runs on port 5432"
	else
		pg_bin >/dev/null && command -v psql >/dev/null || install postgresql postgresql-client || return 1
		local bin dir port
		bin=$(pg_bin) || fail "PostgreSQL's programs were not found" || return 1
		dir=$(own_dir postgres postgres) && port=$(free_port) || return 1
		as postgres "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-sync >"$services_dir/postgres.log" 2>&1 ||
			{ tail -n 5 "$services_dir/postgres.log" >&2 && fail "initdb failed"; } || return 1
		start postgres postgres "$bin/postgres" -D "$dir/data" -h 127.0.0.1 -p "$port" -k "$dir" -c fsync=off -c max_connections=200
		dsn="postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"
		wait_for postgres pg_answers "$dsn" || return 1
		say "PostgreSQL: started on port $port"
	fi
	export NFLOW_TEST_POSTGRES=$dsn
}

need_redis() {
	local address=${NFLOW_TEST_REDIS:-}
	if [ -n "$address" ]; then
		say "Redis: the one in NFLOW_TEST_REDIS"
	elif command -v redis-cli >/dev/null && redis-cli -h 127.0.0.1 ping 2>/dev/null | grep -q PONG; then
		address=127.0.0.1:6379
		say "Redis: the one that runs on port 6379"
	else
		command -v redis-server >/dev/null && command -v redis-cli >/dev/null || install redis-server redis-tools || return 1
		local dir port
		dir=$(own_dir redis redis) && port=$(free_port) || return 1
		start redis redis redis-server --bind 127.0.0.1 --port "$port" --dir "$dir" --save "" --appendonly no --daemonize no
		wait_for redis redis-cli -h 127.0.0.1 -p "$port" ping || return 1
		address=127.0.0.1:$port
		say "Redis: started on port $port"
	fi
	export NFLOW_TEST_REDIS=$address
}

# MySQL's protocol: MariaDB is the server that every distribution has.
need_mysql() {
	local dsn=${NFLOW_TEST_MYSQL:-}
	if [ -n "$dsn" ]; then
		say "MySQL: the one in NFLOW_TEST_MYSQL"
	else
		command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null || install mariadb-server mariadb-client || return 1
		local dir port
		dir=$(own_dir mysql mysql) && port=$(free_port) || return 1
		as mysql mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal \
			--skip-test-db >"$services_dir/mysql.log" 2>&1 || fail "mariadb-install-db failed" || return 1
		start mysql mysql mariadbd --no-defaults --datadir="$dir/data" --bind-address=127.0.0.1 --port="$port" \
			--socket="$dir/sock" --pid-file="$dir/pid" --innodb-flush-log-at-trx-commit=0
		wait_for mysql mariadb --no-defaults --socket="$dir/sock" -u root -e 'CREATE DATABASE IF NOT EXISTS nflow_test' || return 1
		dsn="root@tcp(127.0.0.1:$port)/nflow_test"
		say "MySQL: MariaDB started on port $port"
	fi
	export NFLOW_TEST_MYSQL=$dsn
}

# need_programs installs the programs that tests start themselves, and makes skipping for want of one a failure.
need_programs() {
	command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || install pgbouncer || return 1
	pg_bin >/dev/null || install postgresql postgresql-client || return 1
	command -v redis-server >/dev/null || install redis-server redis-tools || return 1
	command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || install nginx-light || return 1
	command -v wrk >/dev/null || install wrk || return 1
	export NFLOW_TEST_PROGRAMS=1
}

# start_services starts those whose NFLOW_TEST_ variable some test reads.
start_services() {
	local name
	need_programs || return 1
	for name in POSTGRES REDIS MYSQL; do
		if grep -rqs --include='*.go' "NFLOW_TEST_$name" .; then "need_${name,,}" || return 1; fi
	done
}

stop_services() {
	local pid
	for pid in "${started[@]:-}"; do
		[ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || true
	done
	rm -rf "$services_dir"
}
