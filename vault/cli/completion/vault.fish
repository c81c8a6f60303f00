# Completion of `vault` for fish. Labels are not completed: to know them the vault would have to be unlocked.

complete -c vault -f

set -l verbs init add get list show slot team status verify help
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a init -d 'Make a vault'
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a add -d 'Put a key into the vault'
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a get -d 'Print a key'
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a list -d 'List the entries'
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a show -d 'Show an entry without its secrets'
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a slot -d 'List, add, remove and change keyslots'
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a team -d 'List and show teams'
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a status -d 'What the vault is and how it is guarded'
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a verify -d 'Check everything in the vault'
complete -c vault -n "not __fish_seen_subcommand_from $verbs" -a help -d 'Help'
complete -c vault -n "__fish_seen_subcommand_from slot; and not __fish_seen_subcommand_from list add remove passwd" \
    -a 'list add remove passwd'
complete -c vault -n "__fish_seen_subcommand_from team; and not __fish_seen_subcommand_from list show" -a 'list show'
complete -c vault -n "__fish_seen_subcommand_from help" -a "$verbs"

# Always
complete -c vault -l dir -r -a '(__fish_complete_directories)' -d 'The vault'
complete -c vault -l json -d 'Answer with one JSON object'
complete -c vault -l no-prompt -d 'Never ask for a passphrase'
complete -c vault -l no-agent -d 'Do not use an agent'
complete -c vault -l yes -d 'Do not ask before something is removed'
complete -c vault -l wait -x -d 'How long to wait for another process'
complete -c vault -s h -l help -d 'Help'

# To unlock
complete -c vault -l passphrase-fd -x -d 'Read the passphrase from a descriptor'
complete -c vault -l passphrase-file -r -F -d 'Read the passphrase from a file'
complete -c vault -l key-file -r -F -d 'Unlock with a key file'
complete -c vault -l credential -x -d 'Unlock with a systemd credential'
complete -c vault -l slot -x -d 'Only this keyslot'

# New factors
set -l making "__fish_seen_subcommand_from init; or begin; __fish_seen_subcommand_from slot; and __fish_seen_subcommand_from add passwd; end"
complete -c vault -n $making -l new-passphrase-fd -x -d 'Read the new passphrase from a descriptor'
complete -c vault -n $making -l new-passphrase-file -r -F -d 'Read the new passphrase from a file'
complete -c vault -n $making -l new-key-file -r -F -d 'Need this key file'
complete -c vault -n $making -l unlock-time -x -d 'How long testing one passphrase shall take'
complete -c vault -n $making -l kdf-memory -x -d 'Argon2id memory, MiB'
complete -c vault -n $making -l kdf-passes -x -d 'Argon2id passes'
complete -c vault -n $making -l kdf-lanes -x -d 'Argon2id lanes'
complete -c vault -n '__fish_seen_subcommand_from slot' -l default -d 'Write the key file into config.toml'
complete -c vault -n '__fish_seen_subcommand_from slot' -l leaked -d 'The old secret leaked'

# add
set -l adding '__fish_seen_subcommand_from add; and not __fish_seen_subcommand_from slot'
complete -c vault -n $adding -l issuer -x -a '101domain generic' -d 'Provider'
complete -c vault -n $adding -l account -x -d 'Customer account there'
complete -c vault -n $adding -l team -x -d 'Owner'
complete -c vault -n $adding -l scope -x -d 'Permission'
complete -c vault -n $adding -l expires -x -d 'Duration, date or never'
complete -c vault -n $adding -l issued -x -d 'Date'
complete -c vault -n $adding -l key-name -x -d 'Name at the issuer'
complete -c vault -n $adding -l minted-by -x -d 'Who made it'
complete -c vault -n $adding -l attr -x -d 'KEY=VALUE'
complete -c vault -n $adding -l field -x -d 'Secret field'
complete -c vault -n $adding -l plain -x -d 'NAME=VALUE'
complete -c vault -n $adding -l note -x -d 'Text'
complete -c vault -n $adding -l exact -d 'Keep a trailing newline'
complete -c vault -n $adding -l allow-empty -d 'Accept an empty token'
complete -c vault -n $adding -l no-fingerprint -d 'Store no fingerprint'
complete -c vault -n $adding -l hint -d 'Store a hint of the token'
complete -c vault -n $adding -l replace-tombstone -d 'Use the label of a destroyed entry again'

# get
complete -c vault -n '__fish_seen_subcommand_from get' -l field -x -d 'Which field'
complete -c vault -n '__fish_seen_subcommand_from get' -l version -x -d 'Which version'
complete -c vault -n '__fish_seen_subcommand_from get' -l min-ttl -x -d 'Fail if less life is left'
complete -c vault -n '__fish_seen_subcommand_from get' -l allow-expired -d 'Print it even when expired'
complete -c vault -n '__fish_seen_subcommand_from get' -s 0 -d 'End each value with a NUL byte'
complete -c vault -n '__fish_seen_subcommand_from get' -s n -l newline -d 'End with a newline'

# list
set -l listing '__fish_seen_subcommand_from list; and not __fish_seen_subcommand_from slot team'
complete -c vault -n $listing -l team -x -d 'Only this team'
complete -c vault -n $listing -l issuer -x -a '101domain generic' -d 'Only this issuer'
complete -c vault -n $listing -l scope -x -d 'Only with this scope'
complete -c vault -n $listing -l state -x -a 'active retiring retired revoked expired hidden destroyed' -d 'Only in this state'
complete -c vault -n $listing -l expiring-within -x -d 'Only those that expire so soon'
complete -c vault -n $listing -l sort -x -a 'label expires issued team issuer' -d 'Order'
