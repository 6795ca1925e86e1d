# Sourced by the scripts here and by the suite runners in test/*/run.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log_folder=${MARKETING_LOGS:-$repository/build/logs}
if ! mkdir -p "$log_folder" 2>/dev/null; then
    echo "$log_folder cannot be made: run this in a clone of your own." >&2
    exit 1
fi
# The same encoding, order of text and language of messages whatever the machine is set to: a server of our own takes over what it is
# started with.
export LC_ALL=C.UTF-8
unset LANGUAGE

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# At the start of whatever installs something: the password is asked for here, and not again before the script ends.
ask_for_root() {
    if [ "$(id -u)" = 0 ]; then
        return
    fi
    if ! command -v sudo >/dev/null; then
        echo 'Installing packages and the extension takes root: run this as root, or install sudo.' >&2
        return 1
    fi
    if ! sudo -v; then
        echo 'Installing packages and the extension takes root, and sudo does not let this user.' >&2
        return 1
    fi
    while sleep 50 && kill -0 $$ 2>/dev/null && sudo -n -v; do :; done >/dev/null 2>&1 </dev/null &
}

# on_exit <function>: run when this script ends, however. A subshell that is killed as it starts would run its parent's trap.
on_exit() {
    # shellcheck disable=SC2064
    trap "if [ \$BASHPID = \$\$ ]; then $1; fi" EXIT
}

# with_progress <command that says how far it is> <command...>: what it says is shown once a minute, as long as the other one runs.
with_progress() {
    local say=$1 began=$SECONDS format=${progress_format-'    %d min: %s\n'} status ticker
    shift
    (
        next=60
        while sleep 1 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
            if [ $((SECONDS - began)) -ge $next ]; then
                next=$((next + 60))
                # shellcheck disable=SC2059
                printf "$format" $(((SECONDS - began) / 60)) "$($say)"
            fi
        done
    ) </dev/null 2>/dev/null &
    ticker=$!
    "$@"
    status=$?
    kill $ticker 2>/dev/null
    wait $ticker 2>/dev/null
    return $status
}

last_line() { tail -n 1 "$log_of_phase" | cut -c 1-48; }
files_compiled() { echo "$(find src -name '*.o' -newer built_with | wc -l) of $(find src -name '*.cpp' | wc -l) files compiled"; }

# phase <text> <log> <command...>: one line for the reader, the rest into the log; on failure the log's tail is shown. While it lasts there
# is a line per minute: what the command in $progress says, or the log's last line.
phase() {
    local text=$1 log_of_phase=$log_folder/$2.log began=$SECONDS
    shift 2
    printf '%-60s' "$text"
    if progress_format='\n    %d min: %-48s' with_progress "${progress:-last_line}" logged "$@"; then
        printf ' ok, %d s\n' $((SECONDS - began))
        return 0
    fi
    printf ' FAILED\n'
    show_log "$log_of_phase"
    return 1
}
logged() { "$@" >"$log_of_phase" 2>&1; }

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
# environment says about a server of theirs must not reach it, and no test depends on when autovacuum comes by.
in_server() {
    local names=() waiting status
    readarray -t names < <(compgen -v PG | grep -vx PG_CONFIG)
    waiting=$(mktemp)
    # Somebody else may take the port between its choice and the start: then the command has not begun.
    for _ in 1 2 3; do
        # shellcheck disable=SC2016
        env "${names[@]/#/--unset=}" pg_virtualenv -t -o autovacuum=off -v "$(newest_server)" bash -c 'rm "$0" && exec "$@"' "$waiting" "$@"
        status=$?
        [ -e "$waiting" ] || return $status
    done
    rm -f "$waiting"
    return $status
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
