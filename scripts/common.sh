# Sourced by the scripts here and by the suite runners in test/*/run.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log_folder=${MARKETING_LOGS:-$repository/build/logs}
mkdir -p "$log_folder"
# The same encoding and order of text whatever the machine is set to: a server of our own takes over what it is started with.
export LC_ALL=C.UTF-8

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "$1 needs root, and there is no sudo" >&2
        return 1
    fi
}

# phase <text> <log> <command...>: one line for the reader, the rest into the log; on failure the log's tail is shown.
phase() {
    local text=$1 log=$log_folder/$2.log began=$SECONDS
    shift 2
    printf '%-60s' "$text"
    if "$@" >"$log" 2>&1; then
        printf ' ok, %d s\n' $((SECONDS - began))
        return 0
    fi
    printf ' FAILED\n'
    show_log "$log"
    return 1
}

show_log() {
    echo "--- end of $1"
    tail -n "${2:-40}" "$1" | sed 's/^/    /'
    echo '---'
}

newest_server() {
    local folder
    # shellcheck disable=SC2012
    folder=$(ls -vd /usr/lib/postgresql/*/bin/postgres 2>/dev/null | tail -n 1)
    folder=${folder#/usr/lib/postgresql/}
    echo "${folder%%/*}"
}

# in_server <command...>: runs the command beside a server of its own, on a free port, that is gone afterwards. What the caller's
# environment says about a server of theirs must not reach it.
in_server() {
    env -u PGHOST -u PGHOSTADDR -u PGPORT -u PGDATABASE -u PGUSER -u PGPASSWORD -u PGSERVICE -u PGOPTIONS -u PGDATA \
        pg_virtualenv -t -v "$(newest_server)" "$@"
}

# Results. A suite calls begin_suite, then passed, failed or skipped for each of its tests, then end_suite, which prints its counts
# and hands them to scripts/check through the file $MARKETING_RESULTS. A suite that never gets there is counted as failed there.
begin_suite() {
    suite=$1
    suite_began=$SECONDS
    passed=0
    failed=0
    skipped=0
}

passed() {
    passed=$((passed + 1))
    if [ -n "${MARKETING_VERBOSE:-}" ]; then
        echo "  $suite: ok: $1"
    fi
}

# failed <test> [log]
failed() {
    failed=$((failed + 1))
    echo "  $suite: FAILED: $1"
    if [ -n "${2:-}" ] && [ -s "${2:-}" ]; then
        show_log "$2" 60
    fi
}

# skipped <test> <why>
skipped() {
    skipped=$((skipped + 1))
    echo "  $suite: skipped: $1: $2"
}

end_suite() {
    printf '%-12s %4d passed, %d failed, %d skipped, %d s\n' "$suite" $passed $failed $skipped $((SECONDS - suite_began))
    if [ -n "${MARKETING_RESULTS:-}" ]; then
        echo "$suite $passed $failed $skipped" >>"$MARKETING_RESULTS"
    fi
    [ $failed = 0 ]
}
