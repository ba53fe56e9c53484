"""Fixed words of the chat platforms as plain text, and what a button will do, said before it is done."""

from bot.chat.markup import render_text, unescape
from bot.chat.templates import Templates


def say(words: Templates, name: str, /, **values: object) -> str:
    """A fixed word or sentence of `templates/forms/chat`, as plain text."""
    return render_text(words.render_sentence("forms/chat", name, **values))


def explain_line(words: Templates, line: str) -> str:
    """What will happen when a command line runs, as plain text; from `templates/forms/consequences`."""
    typed = line.strip().removeprefix("/").split(" ")
    for count in (2, 1):
        name, rest = "_".join(typed[:count]).replace("-", "_"), " ".join(typed[count:])
        sentence = words.render_sentence("forms/consequences", name, what=rest, line=line)
        if unescape(sentence) != name.replace("_", " "):  # it has a sentence of its own
            return render_text(sentence)
    return render_text(words.render_sentence("forms/consequences", "other", what="", line=line))
