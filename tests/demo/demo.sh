#!/usr/bin/env bash
# demo.sh PROGRAM: watch `vault` at work, in a directory that is gone afterwards. `./dev demo` builds the program and runs this.
# Every secret is made up on the fly. Fails if anything is not as it is told.
set -euo pipefail

program=$(realpath -- "${1:?usage: demo.sh PROGRAM}")
stage=$(mktemp -d "${TMPDIR:-/tmp}/vault-demo.XXXXXX")
trap 'rm -rf -- "$stage"' EXIT
trap 'exit 130' INT TERM

# A home of our own: nobody's vault, nobody's configuration.
unset "${!XDG_@}" VAULT_DIR CREDENTIALS_DIRECTORY
mkdir "$stage/.bin"
ln -s "$program" "$stage/.bin/vault"
export HOME=$stage PATH=$stage/.bin:$PATH
cd "$HOME"
exec 2>&1  # receipts and messages are part of the story, wherever it is written to

# Telling -------------------------------------------------------------------------------------------------------------

bold='' quiet='' green='' red='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' quiet=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

steps=0
step() { printf '\n%s%2d  %s%s\n\n' "$bold" $((steps += 1)) "$1" "$plain"; }
say() { printf '%s\n' "$@"; }
good() { printf '%s✓ %s%s\n' "$green" "$1" "$plain"; }
stop() {
  printf '\n%s✗ %s%s\n' "$red" "$1" "$plain"
  exit 1
}

# shown STATUS COMMAND   Shows the command as one types it and runs it; its exit status must be the one told.
shown() {
  local told=$1 command=$2 status=0
  printf '%s$ %s%s\n' "$bold" "$command" "$plain"
  eval "$command" || status=$?
  ((status == told)) || stop "exit status $status, and not $told"
}

# refused STATUS NAME COMMAND   One that must fail, in just this way.
refused() {
  shown "$1" "$3"
  good "exit status $1, $2"
}

labels_are() {
  local told=$1 found
  shift
  found=$(vault list --labels "$@" | tr '\n' ' ')
  [[ $found == "$told " ]] || stop "vault list $*: $found"
}

# Making up secrets ---------------------------------------------------------------------------------------------------

# random CHARACTERS COUNT   So many of these characters, in $REPLY.
random() {
  REPLY=$(head -c 8192 /dev/urandom | LC_ALL=C tr -dc "$1")
  REPLY=${REPLY:0:$2}
}

# The last six characters of a GitHub token: the CRC-32 of those before, in base 62.
github_checksum() {
  local text=$1 digits=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz crc=$((0xffffffff)) byte i bit
  for ((i = 0; i < ${#text}; i++)); do
    printf -v byte %d "'${text:i:1}"
    ((crc ^= byte, 1))
    for ((bit = 0; bit < 8; bit++)); do ((crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1, 1)); done
  done
  ((crc ^= 0xffffffff, 1))
  for ((REPLY = 0, i = 0; i < 6; i++, crc /= 62)); do
    ((i > 0)) || REPLY=
    REPLY=${digits:crc % 62:1}$REPLY
  done
}

# As Google hands it out: a JSON file with a private key in it.
service_account() {
  local key_id body lines='' i
  random 0-9a-f 40 && key_id=$REPLY
  random A-Za-z0-9+/ 1624 && body=$REPLY
  for ((i = 0; i < ${#body}; i += 64)); do lines+="${body:i:64}\\n"; done
  random 0-9 21
  printf -v REPLY '%s\n' '{' '  "type": "service_account",' '  "project_id": "acme-web-482917",' "  \"private_key_id\": \"$key_id\"," \
    "  \"private_key\": \"-----BEGIN PRI""VATE KEY-----\\n$lines-----END PRI""VATE KEY-----\\n\"," \
    '  "client_email": "deploy@acme-web-482917.iam.gserviceaccount.com",' "  \"client_id\": \"$REPLY\"," \
    '  "auth_uri": "https://accounts.google.com/o/oauth2/auth",' '  "token_uri": "https://oauth2.googleapis.com/token",' \
    '  "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",' \
    '  "client_x509_cert_url": "https://www.googleapis.com/robot/v1/metadata/x509/deploy%40acme-web-482917.iam.gserviceaccount.com",' \
    '  "universe_domain": "googleapis.com"' '}'
  REPLY=${REPLY%$'\n'}
}

words=(amber birch cedar delta ember fjord grove haven islet juniper kelp lagoon maple north opal prairie quartz river slate tundra)
passphrase=
for _ in 1 2 3 4 5; do passphrase+=${words[SRANDOM % ${#words[@]}]}-; done
passphrase=${passphrase%-}

# Label, team, period, days since it was issued, scopes.
keys='prod-dns        web   90d   80  dns:read dns:write
prod-domains    web   1y    30  domains:read domains:write
prod-account    web   30d    0  account:read
shop-products   shop  90d    0  products:read products:write
shop-checkout   shop  7d     0  products:read
shop-search     shop  1y   360
ops-everything  ops   7d     3  account:read account:write dns:read dns:write domains:read domains:write products:read products:write
ops-report      ops   30d    0  account:read dns:read domains:read products:read
ops-dyndns      ops   90d    0  dns:write
ops-inventory   ops   1y     0  domains:read'

declare -A secret  # by label, or label and field: what must come back
while read -r label _; do random A-Za-z0-9 40 && secret[$label]=$REPLY; done <<<"$keys"
random A-Za-z0-9 30 && github_body=$REPLY && github_checksum "$github_body"
github=gh''p_$github_body$REPLY
random A-Za-z0-9 99 && stripe_live=sk_''live_51$REPLY
random A-Za-z0-9 99 && stripe_reader=rk_''live_51$REPLY
random A-Za-z0-9_- 40 && cloudflare=$REPLY
random A-Z2-7 16 && aws_id="AK""IA$REPLY"
random A-Za-z0-9+/ 40 && aws_secret=$REPLY
service_account && google=$REPLY
keystore=$(head -c 65536 /dev/urandom | base64 -w 0)  # a shell keeps no zero bytes

# The story -----------------------------------------------------------------------------------------------------------

cat <<END
${bold}vault${plain} keeps API keys encrypted on this machine and hands them to scripts.

Below it runs for real, in $stage, which is gone at the end.
Lines that begin with ${bold}\$${plain} are commands as you would type them.
Every secret is made up.
END

step "Make a vault"
say "Here a script types the passphrase, through descriptor 3: a secret is never" "written on the command line. You would type 'vault init' and be asked." ""
# shellcheck disable=SC2016  # commands are shown as they are typed
shown 0 'vault init --passphrase-fd 3 3<<<"$passphrase"'

step "Add a second way in, for scripts"
say "A key file opens the vault too, alone and fast. With --default the commands of" "this user find it by themselves." ""
# shellcheck disable=SC2016
shown 0 'vault slot add --name scripts --new-key-file ~/vault.key --default \
    --passphrase-fd 3 3<<<"$passphrase"'
say ""
shown 0 'vault slot list'

step "Store the ten API keys of a registrar account"
say "101domain shows a key once, for 7, 30, 90 days or a year, with some of eight" "scopes, or with none: that one may use the public tools." ""
number=0
while read -r label team period days scopes; do
  token=${secret[$label]}
  issued=$(date -u -d "$days days ago" +%F)
  options=(--issuer 101domain --account acme --team "$team" --expires "$period" --issued "$issued" --minted-with 2fa)
  for scope in $scopes; do options+=(--scope "$scope"); done
  if ((number++ == 0)); then
    # shellcheck disable=SC2016,SC2086
    printf -v command 'vault add %s --issuer 101domain --account acme \\\n    --team %s --expires %s --issued %s --minted-with 2fa \\\n    --scope %s --scope %s <<<"$token"' \
      "$label" "$team" "$period" "$issued" $scopes
    shown 0 "$command"
    say "" "Nine more, in the same way:" ""
  else
    vault add "$label" "${options[@]}" <<<"$token" 2>"$stage/.receipt" || stop "$label: $(<"$stage/.receipt")"
    words_of_scopes=${scopes:-no scopes}
    ((${#scopes} < 50)) || words_of_scopes="all eight scopes"
    [[ $label != ops-report ]] || words_of_scopes="the four that read"
    printf '  + %-15s %-5s %-4s %s\n' "$label" "$team" "$period" "$words_of_scopes"
  fi
done <<<"$keys"

step "Store secrets of every other shape"
# shellcheck disable=SC2016
{
  shown 0 'vault add ci/github --team ops --expires 90d <<<"$github"'
  shown 0 'vault add pay/stripe --team shop --attr mode=live <<<"$stripe_live"'
  shown 0 'vault add pay/stripe-reader --team shop --expires 1y <<<"$stripe_reader"'
  shown 0 'vault add edge/cloudflare --team web --expires 30d <<<"$cloudflare"'
  say "" "A pair of values is one entry with two secret fields:" ""
  shown 0 'vault add aws-deploy --team ops --plain region=eu-west-1 \
    --field access-key-id --secret secret-access-key=3 \
    <<<"$aws_id" 3<<<"$aws_secret"'
  say "" "Many lines are one secret, and so are 64 KiB of any bytes:" ""
  shown 0 'printf %s "$google" | vault add google-deploy --team ops'
  shown 0 'printf %s "$keystore" | base64 -d | vault add keystore --exact'
}

secret[ci/github]=$github secret[pay/stripe]=$stripe_live secret[pay/stripe-reader]=$stripe_reader
secret[edge/cloudflare]=$cloudflare secret[google-deploy]=$google
secret[aws-deploy access-key-id]=$aws_id secret[aws-deploy secret-access-key]=$aws_secret

step "Look around"
shown 0 'vault list'
say "" "What must be replaced within two weeks?" ""
shown 0 'vault list --expiring-within 14d --sort expires'
labels_are "ops-everything prod-dns shop-checkout shop-search" --expiring-within 14d
say "" "Whose is it, and what may it do?" ""
shown 0 'vault list --team web'
labels_are "edge/cloudflare prod-account prod-dns prod-domains" --team web
say ""
shown 0 'vault list --scope dns:write'
labels_are "ops-dyndns ops-everything prod-dns" --scope dns:write

step "Hand a key to a script"
say "As cron would, with an empty environment: no option, no question." ""
# shellcheck disable=SC2016
shown 0 'env -i HOME="$HOME" PATH="$PATH" vault get prod-dns'
[[ -t 1 ]] || echo  # on a terminal vault ends the line itself
say "" "All of them, compared with what went in:" ""
same=0
compare() { cmp -s -- <(vault get "${@:2}" 2>/dev/null) <(printf %s "$1") && same=$((same + 1)); }
for name in "${!secret[@]}"; do
  read -r label field <<<"$name"
  compare "${secret[$name]}" "$label" ${field:+--field "$field"} || stop "$name came back as something else"
done
cmp -s -- <(vault get keystore 2>/dev/null) <(base64 -d <(printf %s "$keystore")) || stop "keystore came back as something else"
same=$((same + 1)) number=$((${#secret[@]} + 1))
say "  10 keys of 101domain, 4 tokens, 1 pair, $((${#google} * 10 / 1000 / 10)).$((${#google} / 100 % 10)) kB of JSON, 65536 bytes at random"
((same == number)) && good "$same of $number came back byte for byte"

step "Get it wrong"
# shellcheck disable=SC2016
refused 10 wrong_key 'vault get prod-dns --passphrase-fd 3 3<<<"guess-guess-guess"'
say ""
refused 3 not_found 'vault get prod-dsn'
say ""
# shellcheck disable=SC2016
shown 0 'vault add old-dns --issued 2024-02-29 --expires 1y <<<"$RANDOM$RANDOM"'
refused 5 expired 'vault get old-dns'

step "Look for plaintext on the disk"
# shellcheck disable=SC2012
shown 0 'ls -l ~/.local/share/vault/default'
pieces=$(for name in "${!secret[@]}"; do
  value=${secret[$name]}
  printf '%s\n' "${value:0:12}" "${value: -12}" "${value:${#value} / 2:12}" "${name% *}"
done | LC_ALL=C sort -u | LC_ALL=C sed '/^{\|^}\|"$/d')
count=$(printf '%s\n' "$pieces" | wc -l)
say "" "Do these files hold a piece of any token, or one of the labels?" ""
# shellcheck disable=SC2016
shown 1 'grep -r -a -F -f <(printf "%s\n" "$pieces") ~/.local/share/vault'
good "none of $count pieces is there"

step "Verify everything"
shown 0 'vault verify'

step "Measure"
now() { printf '%s' "${EPOCHREALTIME/[.,]/}"; }
# milliseconds COMMAND...   Of one run, in $REPLY, with one decimal.
milliseconds() {
  local start end
  start=$(now)
  "$@" >/dev/null 2>&1 || stop "$* failed"
  end=$(now)
  REPLY=$(((end - start) / 1000)).$(((end - start) / 100 % 10))
}
with_passphrase() { vault get prod-dns --passphrase-fd 3 3<<<"$passphrase"; }
median_of_three() {
  local all=''
  for _ in 1 2 3; do milliseconds "$@" && all+=$REPLY$'\n'; done
  REPLY=$(printf %s "$all" | sort -n | sed -n 2p)
}
median_of_three with_passphrase
printf '  unlock with the passphrase and get   %8s ms   %s(each guess costs as much)%s\n' "$REPLY" "$quiet" "$plain"
median_of_three vault get prod-dns
printf '  cold get with the key file           %8s ms   %s(from start to exit)%s\n' "$REPLY" "$quiet" "$plain"

printf '\n%sEverything was as told.%s Next: ./dev install && vault init\n' "$green$bold" "$plain"
