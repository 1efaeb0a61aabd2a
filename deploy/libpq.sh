# Read by backup.sh and restore.sh: how PostgreSQL's own programs reach the database that DATABASE_URL names.
project=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$project/.venv/bin/python}
# Whose certificates are believed, where DATABASE_URL does not say it.
export PGSSLROOTCERT="${PGSSLROOTCERT:-/etc/ssl/certs/ca-certificates.crt}"

# Print what sets `url` to DATABASE_URL without the options that only the service knows, and PGPASSWORD to its password: everybody on
# the machine may read what stands on a command line. The server has to prove who it is, as to the service.
libpq() {
    PYTHONPATH=$project "$python" -c '
import os
from shlex import quote
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit
from composition.production import over_tls

parts = urlsplit(over_tls(os.environ["DATABASE_URL"]))
ours = ("pool_size", "statement_cache_size", "pooler")
query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in ours])
who, at, host = parts.netloc.rpartition("@")
url = parts._replace(netloc=who.partition(":")[0] + at + host, query=query).geturl()
print(f"url={quote(url)} PGPASSWORD={quote(unquote(parts.password or str()))}")
'
}
