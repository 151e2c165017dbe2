#!/usr/bin/env bash
# What an operator does with a strategy, from its first version to one that breaks and is sent back, with
# nothing but the program. Ends with 1 at the first step that does not come out as told.
#
# ARGONAUT_URL names the host, PLUGINS the folder of components, NAME the strategy that is made, and
# PATIENCE how many seconds a step may take.
set -euo pipefail

plugins=${PLUGINS:-target/plugins}
name=${NAME:-every}
patience=${PATIENCE:-120}
coin=BTC/USD.SIM
pair=EUR/USD.SIM

fail() {
    printf 'journey: %s\n' "$*" >&2
    exit 1
}

step() {
    printf '\n%s\n' "$*"
}

# told WHAT FILTER VERB...: `argonaut VERB... --json` succeeds, and jq's FILTER holds of what it says.
told() {
    local what=$1 filter=$2 said
    shift 2
    said=$(argonaut "$@" --json) || fail "$what: \`argonaut $*\` failed: $said"
    jq -e "$filter" <<<"$said" >/dev/null || fail "$what: \`argonaut $*\` said $said"
    printf '  %s\n' "$what"
}

# in_time WHAT FILTER VERB...: the same, sooner or later.
in_time() {
    local what=$1 filter=$2 said
    local end=$((SECONDS + patience))
    shift 2
    while true; do
        said=$(argonaut "$@" --json) || fail "$what: \`argonaut $*\` failed: $said"
        if jq -e "$filter" <<<"$said" >/dev/null; then
            printf '  %s\n' "$what"
            return
        fi
        [ $SECONDS -lt $end ] || fail "waited $patience s for: $what; \`argonaut $*\` said $said"
        sleep 0.2
    done
}

# The SHA-256 under which the host keeps a component.
upload() {
    local said
    said=$(argonaut plugins upload "$plugins/$1.wasm" --by journey --json) || fail "$1.wasm was not taken: $said"
    jq -er .hash <<<"$said"
}

# The orders of the strategy on an instrument, those that are open and then the latest ones.
orders() {
    printf '%s\n' orders list --strategy "$name" --instrument "$1" --limit 50
}

step '1. The first version is uploaded, and runs'
first=$(upload order-every)
told "$name runs" '.state == "RUNNING"' strategies load --name "$name" --start --plugin "sha256:$first" \
    --param instrument=$coin --param quantity=0.001 --param every=5
mapfile -t on_coin < <(orders $coin)
mapfile -t on_pair < <(orders $pair)
in_time 'it sends orders at the market' 'length > 3 and all(.type == "MARKET")' "${on_coin[@]}"

step '2. The second is uploaded, and compared with it'
second=$(upload order-every-v2)
argonaut plugins diff "$first" "$second"
told 'it is newer, and has a parameter more' '.order == "NEWER" and any(.parameters[]; .name == "second")' \
    plugins diff "$first" "$second"

step '3. It trades in a shadow, where nothing of it is sent'
told 'the shadow trades' '.state == "TRADING"' strategies shadow begin "$name" --plugin "sha256:$second" \
    --param second=$pair
in_time 'it wants the same orders at a limit, and others besides' '.other_terms >= 5 and .only_shadow >= 5' \
    strategies shadow show "$name"
argonaut strategies shadow show "$name"
told "nothing was sent on $pair" 'length == 0' "${on_pair[@]}"
told 'what runs is the first version' '.plugin.version != "2.0.0"' strategies show "$name"
told 'the shadow is over' '.state == "ENDED"' strategies shadow end "$name"

step "4. It gets $pair for a canary, and the first version goes on with $coin"
told "the canary has $pair" ".strategy.plugin.version == \"2.0.0\"
        and .strategy.probation.canary.instruments == [\"$pair\"]" \
    strategies canary begin "$name" --plugin "sha256:$second" --param second=$pair --instruments $pair \
    --probation 1h --max-loss 250
in_time "the canary trades $pair" 'any(.status == "FILLED")' "${on_pair[@]}"
seen=$(argonaut "${on_coin[@]}" --json | jq -r '.[0].id')
in_time "the first version goes on with $coin" ".[0].id != \"$seen\" and all(.type == \"MARKET\")" "${on_coin[@]}"

step '5. It is promoted, and watched; then it is kept'
told 'it has everything, with the version before at hand' \
    '.plugin.version == "2.0.0" and .probation.canary == null and .probation.before != null' \
    strategies canary promote "$name" --plugin "sha256:$second" --probation 1h
in_time "it trades $coin, too" 'any(.type == "LIMIT" and .status == "FILLED")' "${on_coin[@]}"
told 'it is kept' '.probation == null' strategies keep "$name"

step '6. The third takes over on probation, breaks, and is sent back'
third=$(upload order-every-v3)
argonaut strategies swap "$name" --plugin "sha256:$third" --probation 1h >/dev/null
in_time 'the second version runs again' '.state == "RUNNING" and .plugin.version == "2.0.0"
        and .last_roll_back.from.version == "3.0.0"' strategies show "$name"
told 'the host says why' '.last_roll_back.reason | startswith("it broke: ")' strategies show "$name"
told 'and over what: a division by zero' '.[0].message | contains("divide by zero")' strategies faults "$name"
told 'an alert tells it' "any(.code == \"ROLL_BACK\" and .scope == \"strategy/$name\")" risk alerts
in_time 'the event that broke it is kept' '.letters | length > 0' strategies letters "$name"
seen=$(argonaut "${on_coin[@]}" --json | jq -r '.[0].id')
in_time 'the second version goes on trading' ".[0].id != \"$seen\"" "${on_coin[@]}"

step 'It went as told.'
argonaut strategies stop "$name" >/dev/null
