#compdef guardian
# zsh completion for guardian(1)

_guardian_sections() { # target or plan: the names of such sections
    local -a names
    names=(${(f)"$(sed -n "s/^[[:space:]]*\[[[:space:]]*$1\.\([a-z0-9_-]*\)[[:space:]]*\].*/\1/p" \
        ${GUARDIAN_CONFIG:-/etc/guardian/guardian.toml} 2>/dev/null)"})
    compadd -a names
}

_guardian() {
    local state
    local -a verbs
    verbs=(
        'status:how the targets, plans and runs are'
        'run:run a plan now'
        'init:make a disk or share a target'
        'eject:unmount a target'
        'history:the runs, newest first'
        'log:everything about one run'
        'smart:the health of the drives'
        'config:check or show guardian.toml'
        'calendar:when a schedule comes due'
        'apply:bring a changed guardian.toml into force'
        'rules:the udev rules for the configured disks'
        'setup:the first configuration'
        'doctor:what is wrong on this machine'
        'version:the version'
    )
    _arguments -C '(-c --config)'{-c,--config}'[the configuration file]:file:_files' \
        '--help[help]' '--version[the version]' '1:verb:->verb' '*::argument:->argument'
    case $state in
        verb) _describe verb verbs ;;
        argument)
            case $words[1] in
                status) _arguments '--json[as JSON]' '--watch[stay, and show every change]' ;;
                run) _arguments '--shrunk-is-right[the source is meant to be so small]' '--quiet[no bar]' \
                    '--anyway[on a failing disk too]' '1:plan: _guardian_sections plan' ;;
                smart) _arguments '--all[every attribute]' '--json[as JSON]' '--html[write a page]:file:_files' \
                    '1:drive: _guardian_sections target' ;;
                init) _arguments '--adopt' '--take-over' '--replace' '1:target: _guardian_sections target' ;;
                eject) _arguments '1:target: _guardian_sections target' ;;
                history) _arguments '--lines[how many]:number' '--json[as JSON]' '1:plan: _guardian_sections plan' ;;
                config) _arguments '1:what:(check show)' ;;
                calendar) _arguments '--from[a moment]:moment' '--count[how many]:number' '--json[as JSON]' ;;
                rules) _arguments '--install[write them]' ;;
                setup) _arguments '--disk[the disk]:UUID:($(lsblk -rno UUID 2>/dev/null))' '--name[of the target]:name' \
                    '*--path[what to save]:folder:_files -/' '--schedule[when]:schedule' \
                    '--mount[where it is mounted]:folder:_files -/' '--repository[its folder on the disk]:folder' \
                    '--encrypt[encrypt the repository]' '--fstab[add the disk to fstab]' '--yes[ask nothing]' \
                    '--force[keep the old configuration aside]' '--list[only list the disks]' '--json[as JSON]' ;;
                doctor) _arguments '--json[as JSON]' ;;
            esac ;;
    esac
}
_guardian "$@"
