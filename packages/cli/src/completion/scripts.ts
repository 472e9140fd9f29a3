import type { SHELLS } from "./candidates.ts";

/** What the hidden command answers with when the shell is to complete the names of files. */
export const FILES = ":files";

/** The script that a shell reads once; it asks `honua` itself for what may come next. */
export const COMPLETION_SCRIPTS: Record<(typeof SHELLS)[number], string> = {
  bash: `# Completion of honua for bash. Put into ~/.bashrc: source <(honua completion bash)
_honua() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${COMPREPLY[0]-} == "${FILES}" ]]; then
    COMPREPLY=()
    compopt -o default 2>/dev/null
  fi
}
complete -F _honua honua`,
  zsh: `#compdef honua
# Completion of honua for zsh. Put into ~/.zshrc, behind compinit: source <(honua completion zsh)
_honua() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${found[1]}" == "${FILES}" ]]; then
    _files
  else
    compadd -a found
  fi
}
compdef _honua honua`,
  fish: `# Completion of honua for fish. Put into ~/.config/fish/config.fish: honua completion fish | source
function __honua_complete
    set -l words (commandline -opc)
    set -l found ($words[1] __complete -- $words[2..] (commandline -ct) 2>/dev/null)
    if test "$found[1]" = "${FILES}"
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $found
    end
end
complete -c honua -f -a '(__honua_complete)'`,
};
