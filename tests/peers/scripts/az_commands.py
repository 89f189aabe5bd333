"""Prints the names of every `az acr` command, as the installed Azure CLI has them."""

import json

from azure.cli.core import get_default_cli

cli = get_default_cli()
cli.invocation = cli.invocation_cls(
    cli_ctx=cli, parser_cls=cli.parser_cls, commands_loader_cls=cli.commands_loader_cls, help_cls=cli.help_cls
)
found = cli.invocation.commands_loader.load_command_table(["acr", "list"])
print(json.dumps(sorted(name for name in found if name.startswith("acr "))))
