#!/bin/sh
# Postroom's users, virtual host, permissions and policies in RabbitMQ: docs/rabbitmq.md.
#
#   deploy/rabbitmq/apply.sh FOLDER
#
# FOLDER holds one file per user with only the password: publisher, consumer, monitor, topology.
# Run it on a node, as a user who may use rabbitmqctl. Running it again sets the passwords again.
set -eu

folder=${1:?"name the folder that holds the passwords: files publisher, consumer, monitor, topology"}
here=$(dirname "$0")
users="publisher consumer monitor topology"

for user in $users; do
    if [ ! -s "$folder/$user" ]; then
        echo "No password for postroom_$user: write one into $folder/$user" >&2
        exit 1
    fi
done

# In a file: every user of the machine can read a command line, and RabbitMQ 4.0 waits forever for a
# password from standard input. A line end, which editors add, is not part of the password.
umask 077
accounts=$(mktemp "$folder/accounts.XXXXXX")
trap 'rm -f "$accounts"' EXIT
separator='{"users":['
for user in $users; do
    password=$(tr -d '\r\n' <"$folder/$user")
    case $password in
        *[\"\\]*)
            echo "The password of postroom_$user must not contain a quotation mark or a backslash" >&2
            exit 1
            ;;
    esac
    tags=
    if [ "$user" = monitor ]; then tags=monitoring; fi
    printf '%s{"name":"postroom_%s","password":"%s","tags":"%s"}' \
        "$separator" "$user" "$password" "$tags" >>"$accounts"
    separator=,
done
printf ']}' >>"$accounts"
rabbitmqctl --quiet import_definitions "$accounts"
rabbitmqctl --quiet import_definitions "$here/definitions.json"
