import type { SHELLS } from "./candidates.ts";

/** Printed by the hidden command instead of candidates to let the shell complete file names. */
export const FILE_NAMES_MARKER = ":files";

/** Completion scripts, which call the hidden command `honua __complete` for the candidates. */
export const COMPLETION_SCRIPTS: Record<(typeof SHELLS)[number], string> = {
  bash: `# bash completion for honua. Add to ~/.bashrc: source <(honua completion bash)
_honua() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${COMPREPLY[0]-} == "${FILE_NAMES_MARKER}" ]]; then
    COMPREPLY=()
    compopt -o default 2>/dev/null
  fi
}
complete -F _honua honua`,
  zsh: `#compdef honua
# zsh completion for honua. Add to ~/.zshrc, after compinit: source <(honua completion zsh)
_honua() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${candidates[1]}" == "${FILE_NAMES_MARKER}" ]]; then
    _files
  else
    compadd -a candidates
  fi
}
compdef _honua honua`,
  fish: `# fish completion for honua. Add to ~/.config/fish/config.fish: honua completion fish | source
function __honua_complete
    set -l words (commandline -opc)
    set -l candidates ($words[1] __complete -- $words[2..] (commandline -ct) 2>/dev/null)
    if test "$candidates[1]" = "${FILE_NAMES_MARKER}"
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $candidates
    end
end
complete -c honua -f -a '(__honua_complete)'`,
};
