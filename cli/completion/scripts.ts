import { programName } from '../about.ts';

/**
 * What each shell needs to ask this program for candidates. None of them evaluates what it is told: a machine's name
 * is somebody else's text.
 */
export const completionScripts = {
  bash: `# ${programName} in bash: eval "$(${programName} completion bash)" in ~/.bashrc
_${programName}() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${COMPREPLY[0]-} == :files ]]; then
    COMPREPLY=()
    compopt -o default 2>/dev/null
  fi
}
complete -F _${programName} ${programName}
`,
  zsh: `#compdef ${programName}
# ${programName} in zsh: a file _${programName} in a folder of $fpath, or eval "$(${programName} completion zsh)" after compinit
_${programName}() {
  local -a lines described
  local line
  lines=("\${(@f)$("\${(Q)words[1]}" __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${lines[1]} == :files ]]; then
    _files
    return
  fi
  for line in $lines; do
    [[ -n $line ]] && described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#described )) && _describe -o ${programName} described
}
if [[ \${funcstack[1]} == _${programName} ]]; then
  _${programName} "$@"
else
  compdef _${programName} ${programName}
fi
`,
  fish: `# ${programName} in fish: ${programName} completion fish > ~/.config/fish/completions/${programName}.fish
function __${programName}_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete $words[2..] "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path $current
    else if test (count $lines) -gt 0
        printf '%s\\n' $lines
    end
end
complete -c ${programName} -f -a '(__${programName}_complete)'
`,
} as const;

export type Shell = keyof typeof completionScripts;
