# fish completion for beadle. All that is known comes from `beadle complete`.

function __beadle_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    for line in ($program complete -- $words $current 2>/dev/null)
        set -l parts (string split -m 1 \t -- $line)
        switch $parts[1]
            case ':file' ':lua'
                set -l rest (string sub -s (math (string length -- "$parts[2]") + 1) -- "$current")
                set -l suffix (string match -q ':lua' -- $parts[1]; and echo .lua)
                for path in (__fish_complete_suffix --complete="$rest" $suffix 2>/dev/null; or __fish_complete_path "$rest")
                    echo -- "$parts[2]$path"
                end
            case ':folder'
                __fish_complete_directories (string sub -s (math (string length -- "$parts[2]") + 1) -- "$current")
            case '*'
                echo -- $line
        end
    end
end

complete -c beadle -f -a '(__beadle_complete)'
