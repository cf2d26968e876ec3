#!/bin/sh
# Postroom's users, virtual host, permissions and policies in RabbitMQ: docs/rabbitmq.md.
#
#   deploy/rabbitmq/apply.sh FOLDER
#
# FOLDER holds a file a user with nothing but the password: publisher, consumer, monitor, topology.
# On a node, as whoever may use rabbitmqctl. Running it again sets the passwords anew.
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

known=$(rabbitmqctl --quiet list_users | cut -f1)
for user in $users; do
    command=add_user
    if echo "$known" | grep -qx "postroom_$user"; then
        command=change_password
    fi
    # By standard input: every user of the machine can read a command line. A line's end, which
    # editors leave, is no part of the password; nor is it for RABBITMQ_PASSWORD_FILE.
    tr -d '\r\n' <"$folder/$user" | rabbitmqctl --quiet "$command" "postroom_$user"
done
rabbitmqctl --quiet set_user_tags postroom_monitor monitoring
# The file names no users: importing one would take its password away.
rabbitmqctl --quiet import_definitions "$here/definitions.json"
