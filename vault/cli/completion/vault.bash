# Completion of `vault` for bash. Verbs and options come from the program's own help, labels where no prompt is needed.

_vault_options() { local IFS=' '; "$1" help $2 2>/dev/null | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'; }
_vault_verbs() { "$1" help ${2-} 2>/dev/null | sed -n "s/^  ${2:+$2 }\([a-z]*\).*/\1/p" | sort -u; }

_vault() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local words=() place=() i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --dir) place=(--dir "${COMP_WORDS[i + 1]}"); ((i++)) ;;
      --passphrase-fd | --passphrase-file | --key-file | --recovery-fd | --credential | --slot) ((i++)) ;;
      -*) ;;
      *) words+=("${COMP_WORDS[i]}") ;;
    esac
  done
  local verb=${words[0]-}
  case $verb in slot | team) verb+=" ${words[1]-}" ;; esac

  local IFS=$'\n'
  COMPREPLY=()
  case $previous in
    --dir) compopt -o filenames; COMPREPLY=($(compgen -d -- "$current")); return ;;
    --*-file) compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return ;;
    --issuer) COMPREPLY=($(compgen -W $'101domain\ngeneric' -- "$current")); return ;;
    --sort) COMPREPLY=($(compgen -W $'label\nexpires\ncreated\nteam\nissuer' -- "$current")); return ;;
    --state) COMPREPLY=($(compgen -W $'active\nretiring\nretired\nexpired\nrevoked\nhidden\ndestroyed' -- "$current")); return ;;
    --role) COMPREPLY=($(compgen -W $'metadata\nreader' -- "$current")); return ;;
    --minted-with) COMPREPLY=($(compgen -W $'2fa\nsso' -- "$current")); return ;;
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$(_vault_options "$program" "${verb:-status}")" -- "$current")); return ;;
  esac
  case $verb in
    "" | help) COMPREPLY=($(compgen -W "$(_vault_verbs "$program")" -- "$current")) ;;
    "slot " | "team ") COMPREPLY=($(compgen -W "$(_vault_verbs "$program" "${verb% }")" -- "$current")) ;;
    get | show | list | edit | mv | rm | undelete | destroy | log)
      local label
      while read -r label; do
        [[ $label != "$current"* ]] || COMPREPLY+=("$(printf %q "$label")")
      done < <("$program" list --labels --no-prompt "${place[@]}" 2>/dev/null </dev/null)
      ;;
  esac
}
complete -F _vault vault
