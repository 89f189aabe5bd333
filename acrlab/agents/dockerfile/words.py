"""The words of an instruction's arguments, still with their quotes and variables."""

from acrlab.agents.protocol import EngineFailed


def split(text: str, escape: str = "\\") -> tuple[str, ...]:
    """At white space that is neither quoted nor escaped."""
    words, word, quote, at = [], "", "", 0
    while at < len(text):
        char, at = text[at], at + 1
        if char == escape and quote != "'" and at < len(text):
            word, at = word + char + text[at], at + 1
            continue
        if char in " \t" and not quote:
            words += [word] if word else []
            word = ""
            continue
        quote = "" if char == quote else char if char in "'\"" and not quote else quote
        word += char
    return (*words, word) if word else tuple(words)


def pairs(text: str, escape: str = "\\") -> list[tuple[str, str]]:
    """name=value ..., or the old form of one name and all that follows it.

    Raises: EngineFailed; KEYWORD in its text is the instruction's.
    """
    words = split(text, escape)
    if words and "=" not in words[0]:
        name, _, value = text.strip().replace("\t", " ").partition(" ")
        if not value.strip():
            raise EngineFailed("KEYWORD must have two arguments")
        return [(name, value.strip())]
    for word in words:
        if "=" not in word:
            raise EngineFailed(f'Syntax error - can\'t find = in "{word}". Must be of the form: name=value')
    return [(name, value) for name, _, value in (word.partition("=") for word in words)]
