#!/bin/sh
# The roles of deploy/postgresql/roles.sql, with the passwords of the secrets. Run as a superuser, in
# the image of PostgreSQL, before and after each migration: at first there are no tables.
set -eu

secrets=${SECRETS:-/run/secrets}
export PGHOST="${PGHOST:-postgres}" PGUSER="${PGUSER:-postroom}" PGDATABASE="${PGDATABASE:-postroom}"
PGPASSWORD=$(cat "$secrets/postgres_password")
export PGPASSWORD

sql() {
    psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"
}

for part in owner web mailer; do
    if [ -z "$(sql --command "SELECT 1 FROM pg_roles WHERE rolname = 'postroom_$part'")" ]; then
        sql --command "CREATE ROLE postroom_$part LOGIN"
    fi
    # Through standard input: the list of processes shows arguments.
    printf "ALTER ROLE postroom_%s PASSWORD '%s'\n" \
        "$part" "$(cat "$secrets/postgres_${part}_password")" | sql
done
sql --command "GRANT CONNECT ON DATABASE \"$PGDATABASE\" TO postroom_owner"
sql --command "GRANT USAGE, CREATE ON SCHEMA public TO postroom_owner"
if [ -n "$(sql --command "SELECT to_regclass('public.postroom_emailqueue')")" ]; then
    sql --file "${ROLES:-/roles.sql}"
fi
