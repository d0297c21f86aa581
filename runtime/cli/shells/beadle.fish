# fish completion for beadle. All that is known comes from `beadle complete`.

function __beadle_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    for line in ($program complete -- $words "$current" 2>/dev/null)
        set -l parts (string split -m 1 \t -- $line)
        if not string match -q ':*' -- $parts[1]
            echo -- $line
            continue
        end
        # The shell's own names, behind the part of the word that stands before them.
        set -l written (string sub -s (math (string length -- "$parts[2]") + 1) -- "$current")
        for path in (complete -C "'' $written")
            set -l name (string split -m 1 \t -- $path)[1]
            switch $parts[1]
                case ':lua'
                    string match -qr '(/|\.lua)$' -- $name; or continue
                case ':folder'
                    string match -qr '/$' -- $name; or continue
            end
            echo -- "$parts[2]$name"
        end
    end
end

complete -c beadle -f -a '(__beadle_complete)'
