"""Asks real shells what they would complete: bash, zsh and fish. A missing shell is a failure: ./dev
test installs them."""

import os
import pathlib
import pty
import subprocess
import tempfile

from cli_rig import LIMIT_S, MOLDAU, wait_until

# Interactive shells that write down what their completion offers for the line that is typed.
BASHRC = r"""
PS1=
source <(moldau completion bash)
eval "$(declare -f _moldau | sed '1s/_moldau/_moldau_itself/')"
_moldau() {
  _moldau_itself "$@"
  printf '%s\n' "${COMPREPLY[@]}" >$ANSWER.words
  mv $ANSWER.words $ANSWER
}
PROMPT_COMMAND=': >$ANSWER.words'
"""

FISH = """
moldau completion fish | source
complete --do-complete $argv[1]
"""

ZSHRC = r"""
autoload -Uz compinit && compinit -D -u
source <(moldau completion zsh)
compadd() {
  # With these it is asked for something else, by the functions of zsh itself.
  if [[ -n ${argv[(r)-[OAD]]} ]]; then builtin compadd "$@"; return; fi
  local -a offered
  builtin compadd -O offered "$@"
  print -rl -- $offered >>$ANSWER.words
  builtin compadd "$@"
}
asked() { mv $ANSWER.words $ANSWER }
comppostfuncs=(asked)
zle-line-init() { : >$ANSWER.words }
zle -N zle-line-init
"""


def environment(directory, address):
    """With our program as the command `moldau`, and a broker that it asks."""
    link = pathlib.Path(directory) / "moldau"
    link.symlink_to(MOLDAU)
    return {"MOLDAU_BOOTSTRAP": address, "PATH": f"{directory}:/usr/bin:/bin", "HOME": directory,
            "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def answer_of(command, env):
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False,
                          env=env, stdin=subprocess.DEVNULL)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout.splitlines()


def bash(address, *words):
    return asked_with_the_tabulator(address, words, ".bashrc", BASHRC, ["bash", "--noprofile", "-i"])


def zsh(address, *words):
    return asked_with_the_tabulator(address, words, ".zshrc", ZSHRC, ["zsh", "-d", "-i"])


def fish(address, *words):
    """What is behind a tab is the description."""
    with tempfile.TemporaryDirectory(prefix="moldau-fish-") as directory:
        env = environment(directory, address)
        lines = answer_of(["fish", "--no-config", "-c", FISH, " ".join(words)], env)
        return [line.split("\t")[0] for line in lines]


def asked_with_the_tabulator(address, words, rc_file, rc_text, command):
    """The shell has a terminal of its own; all but the line is in the files of its directory."""
    with tempfile.TemporaryDirectory(prefix="moldau-shell-") as directory:
        answer = pathlib.Path(directory) / "answer"
        (pathlib.Path(directory) / rc_file).write_text(rc_text)
        env = {**environment(directory, address), "ZDOTDIR": directory, "ANSWER": str(answer)}
        ours, theirs = pty.openpty()
        shell = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env,
                                 start_new_session=True)
        try:
            wait_until(pathlib.Path(f"{answer}.words").exists, f"{command[0]} waits for a line")
            os.write(ours, " ".join(words).encode() + b"\t")
            wait_until(answer.exists, f"{command[0]} has completed the line")
            return answer.read_text().split()
        finally:
            shell.kill()
            shell.wait()
            os.close(ours)
            os.close(theirs)


SHELLS = (bash, zsh, fish)
