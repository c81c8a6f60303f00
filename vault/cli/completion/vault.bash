# Completion of `vault` for bash. Verbs and options come from the program's own help, labels where no prompt is needed.

# The verbs, one a line, as they are typed: "get", "slot add".
_vault_verbs() { "$1" help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\( [a-z][a-z-]*\)*\).*/\1/p'; }
_vault_options() { local IFS=' '; "$1" help $2 2>/dev/null | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'; }
# Options of a verb that take a value.
_vault_valued() { local IFS=' '; "$1" help $2 2>/dev/null | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\) [A-Z].*/\2/p'; }
# Whether a verb takes the label of an entry that exists.
_vault_takes_label() { [[ $2 != add ]] && "$1" help 2>/dev/null | grep -qE "^  $2 .*(LABEL|\[PREFIX\])"; }

_vault() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local words=() place=() valued i lines=0
  valued=$'\n'$(_vault_valued "$program" status)$'\n'
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} != --dir ]] || place=(--dir "${COMP_WORDS[i + 1]}")
    [[ ${COMP_WORDS[i]} != --json-lines ]] || lines=1
    if [[ $valued == *$'\n'"${COMP_WORDS[i]}"$'\n'* ]]; then
      ((i++))
    elif [[ ${COMP_WORDS[i]} != -* ]]; then
      words+=("${COMP_WORDS[i]}")
    fi
  done
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
  local verbs=$(_vault_verbs "$program") verb=${words[0]-} at=1
  [[ $verb != help ]] || { words=("${words[@]:1}"); verb=${words[0]-}; at=0; }
  if [[ -n $verb && $'\n'$verbs == *$'\n'"$verb "* ]]; then  # a group: `slot` has verbs of its own
    if ((${#words[@]} == 1)) && [[ $current != -* ]]; then
      COMPREPLY=($(compgen -W "$(sed -n "s/^$verb //p" <<<"$verbs")" -- "$current"))
      return
    fi
    verb+=" ${words[1]-}"
  fi
  [[ $previous != --* || $'\n'$(_vault_valued "$program" "${verb:-status}")$'\n' != *$'\n'"$previous"$'\n'* ]] || return
  case $current in
    -*) COMPREPLY=($(compgen -W "$(_vault_options "$program" "${verb:-status}")" -- "$current")); return ;;
  esac
  if [[ -z $verb ]]; then
    COMPREPLY=($(compgen -W "$(cut -d' ' -f1 <<<"$verbs" | sort -u)" -- "$current"))
  elif ((lines)); then
    compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"))
  elif ((at)) && _vault_takes_label "$program" "$verb"; then
    local label
    [[ $verb != undelete ]] || place+=(--state hidden)
    while read -r label; do
      [[ $label != "$current"* ]] || COMPREPLY+=("$(printf %q "$label")")
    done < <("$program" list --labels --no-prompt "${place[@]}" 2>/dev/null </dev/null)
  fi
}
complete -F _vault vault
