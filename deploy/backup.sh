#!/bin/sh
# Back up the database and the uploads: deploy/backup.sh FOLDER
#
# DATABASE_URL and SERVICE_FOLDER say of what, as they do for the service, which goes on serving meanwhile. A folder named by the
# moment is made in FOLDER: database.dump, uploads.tar, SHA256SUMS. Personal data are sealed in it as they are on record; the
# keys are not in it, and without them it is worth nothing: keep them elsewhere.
set -eu
umask 077
: "${1:?usage: deploy/backup.sh FOLDER}" "${DATABASE_URL:?DATABASE_URL must name the database}" "${SERVICE_FOLDER:?SERVICE_FOLDER must name the folder of the uploads}"
case $DATABASE_URL in
    postgres*) ;;
    *) echo "error: DATABASE_URL names no PostgreSQL database; SQLite is for development." >&2; exit 1 ;;
esac
. "$(dirname "$0")/libpq.sh"
found=$(libpq)
eval "$found"
export PGPASSWORD
mkdir -p "$1"
made="$1/$(date -u +%Y-%m-%dT%H%M%SZ)"
part="$made.part"
mkdir "$part"
# Whatever ends it half-way leaves no folder that looks like a backup.
trap 'rm -rf "$part"' EXIT
# The uploads last: each one that the database names has been there before it.
pg_dump --format=custom --no-owner --no-privileges --file="$part/database.dump" "$url"
if [ -d "$SERVICE_FOLDER/uploads" ]; then
    tar --create --file="$part/uploads.tar" --directory="$SERVICE_FOLDER" uploads
else
    tar --create --file="$part/uploads.tar" --files-from=/dev/null
fi
(cd "$part" && sha256sum database.dump uploads.tar > SHA256SUMS)
mv "$part" "$made"
trap - EXIT
echo "$made"
