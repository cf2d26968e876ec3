#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, in `secrets/` or the folder named: those that are
# missing, and never one that is there.
set -eu

folder=${1:-secrets}
mkdir -p "$folder"
# The folder is closed, its files are not: each is mounted by itself, for users that only the
# container knows.
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
put database_url "postgresql://postroom:$(cat "$folder/postgres_password")@postgres:5432/postroom"
put rabbitmq_password "$(random)"
# The image of RabbitMQ takes a password by its configuration only, not by NAME_FILE.
put rabbitmq.conf "default_user = postroom
default_pass = $(cat "$folder/rabbitmq_password")
"
# For a real SMTP server: write its password here.
put email_host_password ""
