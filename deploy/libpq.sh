# Read by backup.sh and restore.sh: how PostgreSQL's own programs reach the database that DATABASE_URL names.
project=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$project/.venv/bin/python}
# Whose certificates are believed, where DATABASE_URL does not say it.
export PGSSLROOTCERT="${PGSSLROOTCERT:-/etc/ssl/certs/ca-certificates.crt}"

# Print DATABASE_URL without the options that only the service knows; the server has to prove who it is, as to the service.
libpq_url() {
    PYTHONPATH=$project "$python" -c '
import sys
from urllib.parse import parse_qsl, urlencode, urlsplit
from composition.production import over_tls

parts = urlsplit(over_tls(sys.argv[1]))
ours = ("pool_size", "statement_cache_size", "pooler")
print(parts._replace(query=urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in ours])).geturl())
' "$DATABASE_URL"
}
