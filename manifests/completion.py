"""Completion of `lb` in shells, made from the command's own parser so that it never lags behind."""

from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator

_BASH = """# lbadmin: completion of “lb” in bash. Load it with: source <(manage.py lb completion bash)
_lbadmin_lb() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" start=1 action
    [[ "${{COMP_WORDS[0]##*/}}" == manage.py ]] && start=2
    [[ $start == 2 && "${{COMP_WORDS[1]}}" != lb ]] && return
    action="${{COMP_WORDS[$start]}}"
    if [[ $COMP_CWORD -eq $start ]]; then
        COMPREPLY=($(compgen -W "{actions}" -- "$word"))
        return
    fi
    case "$action" in
{cases}    esac
    [[ ${{#COMPREPLY[@]}} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$word"))
}}
complete -F _lbadmin_lb manage.py ./manage.py lb
"""
_ZSH = """#compdef manage.py lb
# lbadmin: completion of “lb” in zsh. Load it with: source <(manage.py lb completion zsh)
autoload -U +X bashcompinit && bashcompinit
"""


def completion(parser: ArgumentParser, shell: str) -> str:
    """Return the script for ``bash`` or ``zsh``."""
    actions = dict(_actions(parser))
    cases = "".join(
        f'        {name}) COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$word")) ;;\n'
        for name, words in actions.items()
    )
    script = _BASH.format(actions=" ".join(actions), cases=cases)
    return _ZSH + script.partition("\n")[2] if shell == "zsh" else script


def _actions(parser: ArgumentParser) -> Iterator[tuple[str, list[str]]]:
    """Yield each action with the words that can follow it."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, _SubParsersAction):
            for name, own in action.choices.items():
                yield name, sorted(_words(own))


def _words(parser: ArgumentParser) -> set[str]:
    words: set[str] = set()
    for action in parser._actions:  # noqa: SLF001
        words.update(option for option in action.option_strings if option.startswith("--"))
        words.update(map(str, action.choices or ()))
    return words
