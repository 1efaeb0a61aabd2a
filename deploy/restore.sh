#!/bin/sh
# Put a backup back: deploy/restore.sh BACKUP
#
# DATABASE_URL names an empty database and SERVICE_FOLDER a folder without uploads: nothing that is there is overwritten. The
# sums are checked first. Afterwards the database is brought up to this code, and the record of who did what is verified.
set -eu
umask 077
: "${1:?usage: deploy/restore.sh BACKUP}" "${DATABASE_URL:?DATABASE_URL must name an empty database}" "${SERVICE_FOLDER:?SERVICE_FOLDER must name a folder for the uploads}"
. "$(dirname "$0")/libpq.sh"
found=$(libpq)
eval "$found"
export PGPASSWORD
(cd "$1" && sha256sum --check --quiet --strict SHA256SUMS)
if [ -n "$(ls -A "$SERVICE_FOLDER/uploads" 2>/dev/null)" ]; then
    echo "error: there are uploads in $SERVICE_FOLDER already; name a folder without any." >&2
    exit 1
fi
# Whoever could write the sums could put in what leads elsewhere.
if tar --list --verbose --file="$1/uploads.tar" | grep -Eqv '^(d.* uploads/|-.* uploads/[^/ ]+)$'; then
    echo "error: uploads.tar holds something that is no upload; no backup of deploy/backup.sh does." >&2
    exit 1
fi
if [ "$(psql --no-psqlrc --tuples-only --no-align --command="SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" "$url")" != 0 ]; then
    echo "error: the database that DATABASE_URL names is not empty; name one that is." >&2
    exit 1
fi
pg_restore --exit-on-error --no-owner --no-privileges --single-transaction --dbname="$url" "$1/database.dump"
mkdir -p "$SERVICE_FOLDER"
tar --extract --no-same-owner --no-same-permissions --file="$1/uploads.tar" --directory="$SERVICE_FOLDER"
"$python" "$project/main.py" migrate
"$python" "$project/main.py" keys status
"$python" "$project/main.py" audit verify
