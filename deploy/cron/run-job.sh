#!/bin/sh
# Made by `python manage.py render_schedules` from the list of jobs; do not edit.
# Runs one job for cron: run-job.sh SECONDS COMMAND [OPTION...]    More: docs/cron.md
#
# $POSTROOM is the folder with manage.py. A process that was killed is started again for the same
# due time, 5 times at most, until SECONDS are over; it sends nothing twice.
set -u
seconds=$1
shift
cd "${POSTROOM:-/opt/postroom}" || exit 1
due=$(date -u +%Y-%m-%dT%H:%M:%SZ)
end=$(($(date +%s) + seconds))
tries=0
while :; do
    left=$((end - $(date +%s)))
    if [ "$left" -le 0 ]; then
        echo "run-job.sh: $1 was killed, and its $seconds seconds are over" >&2
        exit 124
    fi
    timeout --kill-after=30s "${left}s"         "${POSTROOM_PYTHON:-.venv/bin/python}" manage.py "$@" "--scheduled-for=$due"
    code=$?
    # 128 and the signal: SIGKILL (also the kernel's, for memory), SIGSEGV, SIGABRT, SIGBUS.
    case $code in
    137 | 139 | 134 | 135) ;;
    *) exit "$code" ;;
    esac
    tries=$((tries + 1))
    [ "$tries" -le 5 ] || exit "$code"
done
