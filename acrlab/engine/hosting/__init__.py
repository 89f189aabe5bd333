"""Git hosts: repositories of source code, who may use them, and what happens in them."""
