"""The command `grader completion`."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that completes commands, parts and exercises.

    \b
    bash: grader completion bash > ~/.grader-complete; echo '. ~/.grader-complete' >> ~/.bashrc
    zsh:  grader completion zsh > ~/.grader-complete; echo '. ~/.grader-complete' >> ~/.zshrc
    fish: grader completion fish > ~/.config/fish/completions/grader.fish

    Then open a new terminal. There is none for PowerShell.
    """
    made = get_completion_class(shell)
    assert made is not None  # these three come with click
    click.echo(made(ctx.find_root().command, {}, "grader", "_GRADER_COMPLETE").source())
