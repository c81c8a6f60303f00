# Completion of `vault` for fish. Verbs and options come from the program's own help, labels where no prompt is needed.

function __vault_words
    set -l words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case --dir --passphrase-fd --passphrase-file --key-file --recovery-fd --credential --slot
                set skip 1
            case '-*'
            case '*'
                set -a words $word
        end
    end
    string join \n -- $words
end

function __vault_verb
    set -l words (__vault_words)
    switch "$words[1]"
        case slot team
            string join ' ' -- $words[1..2]
        case '*'
            echo "$words[1]"
    end
end

function __vault_arguments
    set -l verb (__vault_verb)
    switch "$verb"
        case '' help
            vault help | string match -rg '^  ([a-z]+)' | sort -u
        case slot team
            vault help $verb | string match -rg "^  $verb ([a-z]+)"
        case get show list edit mv rm undelete destroy log
            vault list --labels --no-prompt 2>/dev/null </dev/null
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
