#!/bin/sh
# Creates the secrets that docker-compose.yml mounts, in `secrets/` or the given folder. It never
# overwrites one that exists.
set -eu

folder=${1:-secrets}
mkdir -p "$folder"
# Only the folder is closed: each file is mounted alone and read by a user that exists only in the
# container.
chmod 700 "$folder"
umask 022

random() {
    od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n'
}

put() {
    if [ ! -e "$folder/$1" ]; then
        printf '%s' "$2" >"$folder/$1"
        echo "made $folder/$1"
    fi
}

put secret_key "$(random)"
put postgres_password "$(random)"
# A role for each part (docker/roles.sh): only that script is a superuser.
for part in owner web mailer; do
    put "postgres_${part}_password" "$(random)"
    password=$(cat "$folder/postgres_${part}_password")
    put "database_url_$part" "postgresql://postroom_$part:$password@postgres:5432/postroom"
done
put rabbitmq_password "$(random)"
# RabbitMQ's image takes a password only from its configuration, not from NAME_FILE.
put rabbitmq.conf "default_user = postroom
default_pass = $(cat "$folder/rabbitmq_password")
"
# For a real SMTP server: write its password here.
put email_host_password ""
