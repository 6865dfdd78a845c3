# bash completion for guardian(1)

_guardian_sections() { # target or plan: the names of such sections
    sed -n "s/^[[:space:]]*\[[[:space:]]*$1\.\([a-z0-9_-]*\)[[:space:]]*\].*/\1/p" \
        "${GUARDIAN_CONFIG:-/etc/guardian/guardian.toml}" 2>/dev/null
}

_guardian() {
    local word=${COMP_WORDS[COMP_CWORD]} verb="" i
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case ${COMP_WORDS[i]} in
            -c | --config) ((++i)) ;;
            -*) ;;
            *) verb=${COMP_WORDS[i]} && break ;;
        esac
    done
    if [[ ${COMP_WORDS[COMP_CWORD - 1]} == -c || ${COMP_WORDS[COMP_CWORD - 1]} == --config ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    if [[ $verb == setup ]]; then
        case ${COMP_WORDS[COMP_CWORD - 1]} in
            --disk) mapfile -t COMPREPLY < <(compgen -W "$(lsblk -rno UUID 2>/dev/null)" -- "$word") && return ;;
            --path | --mount) mapfile -t COMPREPLY < <(compgen -d -- "$word") && return ;;
        esac
    fi
    local words
    case $verb in
        "") words="status run init eject history log smart config calendar apply rules setup doctor version --config --help --version" ;;
        status) words="--json --watch --help" ;;
        run) words="$(_guardian_sections plan) --shrunk-is-right --anyway --quiet --help" ;;
        init) words="$(_guardian_sections target) --adopt --take-over --replace --help" ;;
        eject) words="$(_guardian_sections target) --help" ;;
        history) words="$(_guardian_sections plan) --lines --json --help" ;;
        smart) words="$(_guardian_sections target) ack forget test assess --all --json --html --anyway --help" ;;
        config) words="check show --help" ;;
        calendar) words="--from --count --json --help" ;;
        rules) words="--install --help" ;;
        setup) words="--disk --name --path --schedule --mount --repository --encrypt --fstab --yes --force --list --json --help" ;;
        doctor) words="--json --help" ;;
        *) words="--help" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _guardian guardian
