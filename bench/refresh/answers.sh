# What the loaded warehouse of bench/refresh/run answers, and what it takes of the disk; read by it.

echo "bytes of a touch"
run -F ' ' -c "SELECT format('  %-44s %8s', relname, round(pg_relation_size(oid) / $events.0, 1)) FROM pg_class
    WHERE relnamespace = 'warehouse'::regnamespace AND pg_relation_size(oid) > 2 * $events ORDER BY pg_relation_size(oid) DESC"
run -c "SELECT format('  %-44s %8s', 'the database, without the raw tables', round((pg_database_size(current_database()) -
    (SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'raw'::regnamespace AND relkind IN ('r', 'm'))) / $events.0, 1))"

# Megabytes of its own, not shared with others, that the session of that name takes at most: most_memory NAME
most_memory() {
    local session now most=0
    until session=$(run -c "SELECT pid FROM pg_stat_activity WHERE application_name = '$1'") && [ -n "$session" ]; do sleep 0.05; done
    while now=$(awk '/^RssAnon/ { print $2 }' "/proc/$session/status" 2>/dev/null) && [ -n "$now" ]; do
        most=$((now > most ? now : most))
        sleep 0.05
    done
    echo $((most / 1024))
}
echo "attribution of everything: milliseconds passed, of processors, megabytes of the session's own"
for models in last_paid linear first,last,linear,time_decay,position_based markov; do
    memory=$(mktemp)
    most_memory "models" >"$memory" &
    read -r took spent < <(PGAPPNAME=models timed "SELECT count(*) FROM analytics.attribution('2024-01-01', '2025-12-31', models => '{$models}')")
    wait $!
    printf '  %-44s %8s %8s %6s\n' "$models" "$took" "$spent" "$(cat "$memory")"
    rm "$memory"
done

# The periods are those of a dashboard: a day to three months, drawn anew for each of 40 questions, and the first two not counted.
echo "endpoints: milliseconds, average and 95th percentile of 40"
question() {
    local i first query=${2//:business/1}
    for i in $(seq 42); do
        first="(date '2024-01-01' + $((RANDOM % 275)))"
        sed "s/:a\\b/$first/g; s/:b\\b/($first + $((RANDOM % 90)))/g" <<<"$query"
    done | PGOPTIONS='-c jit=off' run -c '\timing on' -f - | awk '/^Time: / { print $2 }' | tail -n +3 | sort -n |
        awk -v name="$1" '{ v[NR] = $1; s += $1 } END { printf "  %-44s %8.1f %8.1f\n", name, s / NR, v[int(NR * 0.95 + 0.9999)] }'
}
source "$here/../endpoints/questions.sh"
