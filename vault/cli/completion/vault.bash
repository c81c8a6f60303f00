# Completion of `vault` for bash. Labels are not completed: to know them the vault would have to be unlocked.

_vault() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local always="--dir --json --no-prompt --no-agent --yes --wait --help"
  local unlock="--passphrase-fd --passphrase-file --key-file --credential --slot"
  local factor="--new-passphrase-fd --new-passphrase-file --new-key-file --unlock-time --kdf-memory --kdf-passes --kdf-lanes"

  # The verb, and the verb's own verb: the words that are neither options nor their values.
  local verb="" part="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      --dir | --wait | --passphrase-fd | --passphrase-file | --key-file | --credential | --slot) ((++i)) ;;
      -*) ;;
      *) if [[ -z $verb ]]; then verb=$word; elif [[ -z $part ]]; then part=$word; fi ;;
    esac
  done

  case $previous in
    --dir | --passphrase-file | --key-file | --new-passphrase-file | --new-key-file)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    --issuer) mapfile -t COMPREPLY < <(compgen -W "101domain generic" -- "$current"); return ;;
    --state) mapfile -t COMPREPLY < <(compgen -W "active retiring retired revoked expired hidden destroyed" -- "$current"); return ;;
    --sort) mapfile -t COMPREPLY < <(compgen -W "label expires issued team issuer" -- "$current"); return ;;
  esac

  local words=$always
  case "$verb $part" in
    " ") words="init add get list show slot team status verify help $always $unlock" ;;
    "init "*) words+=" $unlock $factor" ;;
    "add "*) words+=" $unlock --issuer --account --team --scope --expires --issued --key-name --minted-by --attr --field
      --plain --note --exact --allow-empty --no-fingerprint --hint --replace-tombstone" ;;
    "get "*) words+=" $unlock --field --version --min-ttl --allow-expired --newline" ;;
    "list "*) words+=" $unlock --team --issuer --scope --state --expiring-within --sort" ;;
    "slot ") words="list add remove passwd $always" ;;
    "slot add") words+=" $unlock $factor --default" ;;
    "slot passwd") words+=" $unlock $factor --leaked" ;;
    "team ") words="list show $always" ;;
    "help "*) words="init add get list show slot team status verify" ;;
    *) words+=" $unlock" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _vault vault
