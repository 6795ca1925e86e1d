# Sourced by test/service/run, test/dashboard/run and scripts/demo: what node's programs need.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Why node's programs cannot run here; nothing where they can.
node_lacks() {
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        echo 'node and npm are not installed (Debian: packages nodejs and npm)'
    elif [ "$(node -p 'parseInt(process.versions.node)')" -lt 18 ]; then
        echo "node $(node --version) is too old: 18 is needed"
    fi
}

# A folder's packages as its lock file has them, unless they are there.
node_packages() {
    local folder
    for folder in "$@"; do
        if ! [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
            npm ci --prefix "$folder" --loglevel=error --fetch-retries=0 || return 1
        fi
    done
}

build_page() { node_packages examples/service examples/dashboard && node examples/dashboard/build.js; }

# The demo data for a role that may ask for any business, with the password of the server's owner, so that one environment does for both.
# demo_for_service [DATABASE WITHOUT DATA]
demo_for_service() {
    local database
    psql -qX -v ON_ERROR_STOP=1 -v password="${PGPASSWORD:-}" -d postgres <<<"CREATE ROLE service LOGIN PASSWORD :'password'" || return 1
    for database in postgres "$@"; do
        if [ "$database" != postgres ]; then
            createdb "$database" || return 1
        fi
        psql -qX -v ON_ERROR_STOP=1 -d "$database" <<'SQL' || return 1
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install(row_security => true);
SELECT analytics.grant_access('service', any_business => true);
SQL
    done
    psql -qX -v ON_ERROR_STOP=1 -d postgres -c 'SELECT analytics.load_demo()'
}

# node_suite <suite> <program> <why it cannot run>: the program beside a server; its lines "ok ..." and "not ok ..." are the results.
node_suite() {
    local suite=$1 program=$2 lacks=$3 line log=$log_folder/$1.log
    begin_suite "$suite"
    if [ -n "$lacks" ]; then
        skipped "$program" "$lacks"
        end_suite
        return
    fi
    in_server "test/$suite/run" --beside-server >"$log" 2>&1
    while read -r line; do
        case $line in
            'ok '*) passed "${line#ok }" ;;
            'not ok '*) failed "${line#not ok }" ;;
        esac
    done <"$log"
    if [ "$failed" != 0 ]; then
        show_log "$log" 60
    elif ! grep -qx 'done' "$log"; then
        failed "$program ends" "$log"
    fi
    end_suite
}
