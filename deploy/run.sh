#!/bin/sh
# Run a command, or a script of this folder, with the settings and the rights of the service: deploy/run.sh doctor --lang en,
# deploy/run.sh restore.sh BACKUP
#
# Settings are read as systemd reads them, a line each, and nothing in them is carried out. Who has become root by sudo is who
# the audit record names.
set -eu
project=$(cd "$(dirname "$0")/.." && pwd)
settings=${ENVIRONMENT_FILE:-/etc/social-security-card/environment}
[ -r "$settings" ] || { echo "error: $settings cannot be read; run this as root, or name the file in ENVIRONMENT_FILE." >&2; exit 1; }
export SERVICE_FOLDER="${SERVICE_FOLDER:-/var/lib/social-security-card}"
while IFS= read -r line || [ -n "$line" ]; do
    case $line in
        '' | '#'* | ';'*) continue ;;
    esac
    name=${line%%=*} value=${line#*=}
    case $value in
        \"*\" | \'*\') value=${value#?} value=${value%?} ;;
    esac
    export "$name=$value"
done < "$settings"
cd "$project"
case ${1:-} in
    *.sh) script=$project/deploy/$1; shift; set -- "$script" "$@" ;;
    *) set -- "${PYTHON:-$project/.venv/bin/python}" main.py "$@" ;;
esac
if [ "$(id -u)" = 0 ] && id social-security-card > /dev/null 2>&1; then
    export LOGNAME="${SUDO_USER:-root}"
    exec setpriv --reuid social-security-card --regid social-security-card --init-groups "$@"
fi
exec "$@"
