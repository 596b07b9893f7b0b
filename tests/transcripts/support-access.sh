#!/bin/sh
# The transcript of docs/support-access.md: an agent starts, the customer sees it and ends it, the agent's next request is
# refused, both chains verify. Against services with the demo's accounts and the phasezero command of a work tree:
#     tests/transcripts/support-access.sh http://localhost:8000 http://localhost:8001 build/dev/bin/phasezero
set -eu
api=$1
identity=$2
phasezero=$3
acme=0197c0de-0000-7000-8000-00000000ac3e

member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
sign_in() { curl -fsS "$identity/token" -d username="$1" -d password="$2" | member access_token; }

# call METHOD PATH TOKEN [BODY]: prints the request, the status and what is worth reading of the answer.
call() {
    printf '\n$ curl -X %s %s%s\n' "$1" "$2" "${4:+ -d '$4'}"
    answer=$(curl -sS -w '\n%{http_code}' -X "$1" "$api$2" -H "Authorization: Bearer $3" -H 'Content-Type: application/json' \
        ${4:+--data "$4"})
    printf '%s\n' "$answer" | tail -n 1
    printf '%s\n' "$answer" | sed '$d' | tr -d '\n' | sed 's/,"/, "/g' | fold -s -w 118
    body=$(printf '%s\n' "$answer" | sed '$d')
}

agent=$(sign_in support@numbersence.com support123)
customer=$(sign_in admin@acme.example admin123)

printf '# The agent asks to look into Acme.'
call POST "/api/v1/support/impersonate/$acme" "$agent" '{"reason":"Item list is empty for them","ticket":"4711"}'
session=$(printf '%s' "$body" | member session_id)

printf '\n\n# The console exchanges the agent'\''s token for one of the session (RFC 8693), and the agent reads.'
inside=$(curl -fsS "$identity/token" -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \
    -d subject_token="$session" -d subject_token_type=urn:phasezero:params:oauth:token-type:impersonation-session \
    -d actor_token="$agent" -d actor_token_type=urn:ietf:params:oauth:token-type:access_token | member access_token)
call GET '/api/v1/items?limit=1' "$inside"

printf '\n\n# A support session that reads changes nothing.'
call POST /api/v1/items "$inside" '{"title":"from inside"}'

printf '\n\n# The customer sees who is in.'
call GET '/api/v1/org/support-sessions?part=open' "$customer"

printf '\n\n# The customer ends it.'
call DELETE "/api/v1/org/support-sessions/$session" "$customer"

printf '\n\n# The next request of the agent.'
call GET '/api/v1/items?limit=1' "$inside"

printf '\n\n# Each answered request stands in the log, and both logs verify.\n'
for line in "audit reconcile --session $session" "audit verify --chain $acme" "audit verify --chain platform"; do
    printf '\n$ phasezero %s\n' "$line"
    # shellcheck disable=SC2086  # words
    "$phasezero" $line
done
