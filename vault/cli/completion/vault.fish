# Completion of `vault` for fish. Verbs and options come from the program's own help, labels where no prompt is needed.

# The verbs, one a line, as they are typed: "get", "slot add".
function __vault_verbs
    vault help 2>/dev/null | string match -rg '^  ([a-z][a-z-]*(?: [a-z][a-z-]*)*)'
end

# Options of a verb that take a value.
function __vault_valued
    vault help (string split ' ' -- $argv[1]) 2>/dev/null | string match -rg '^  (?:-., )?(--[a-z-]+) [A-Z]'
end

function __vault_words
    set -l valued (__vault_valued status)
    set -l words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word $valued
            set skip 1
        else if not string match -q -- '-*' $word
            set -a words $word
        end
    end
    string join \n -- $words
end

# The verb typed so far: one word, or two where the first is a group like `slot`.
function __vault_verb
    set -l words (__vault_words)
    test "$words[1]" = help; and set -e words[1]
    test -n "$words[1]"; or return
    if string match -q -- "$words[1] *" (__vault_verbs)
        string join ' ' -- $words[1..2]
    else
        echo $words[1]
    end
end

function __vault_arguments
    set -l words (__vault_words)
    set -l verbs (__vault_verbs)
    set -l verb (__vault_verb)
    set -l asked $verb
    test -n "$asked"; or set asked status
    if contains -- (commandline -opc)[-1] (__vault_valued $asked)
        return
    end
    if test -z "$verb"
        string split -f1 ' ' -- $verbs | sort -u
    else if string match -q -- "$verb *" $verbs
        string match -rg -- "^$verb (.*)" $verbs
    else if test "$words[1]" != help -a "$verb" != add
        vault help | string match -rq "^  $verb .*(LABEL|\[PREFIX\])"; or return
        set -l state
        test "$verb" = undelete; and set state --state hidden
        vault list --labels --no-prompt $state 2>/dev/null </dev/null
    end
end

function __vault_options
    set -l verb (__vault_verb)
    test -n "$verb"; or set verb status
    vault help (string split ' ' -- $verb) 2>/dev/null | string match -rg '^  (?:-., )?(--[a-z-]+)'
end

complete -c vault -f -a '(__vault_arguments)'
complete -c vault -f -n 'string match -q -- "-*" (commandline -ct)' -a '(__vault_options)'
complete -c vault -F -n 'string match -qr -- "^--(dir|.*-file)\$" (commandline -opc)[-1]'
complete -c vault -F -n 'contains -- --json-lines (commandline -opc)'
