"""An operator's folder of templates: searched first, and read anew by each start."""

from pathlib import Path

import pytest

from bot.chat.templates import Templates


def test_words_of_a_folder_are_those_of_that_folder_alone_and_as_they_are_now(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder, word in ((ours, "ours"), (theirs, "theirs")):
        (folder / "errors").mkdir(parents=True)
        (folder / "word.md.jinja").write_text("{{ 'some.reason'|reason }}, {{ said }}")
        (folder / "word.html.jinja").write_text("<b>{{ said }}</b>")
        (folder / "word.txt.jinja").write_text("{{ said }}")
        (folder / "errors/reasons.md.jinja").write_text(f"{{% macro some_reason(d) %}}{word}{{% endmacro %}}")
    for _ in range(2):
        assert Templates(ours).render_markup("word", said="*a*") == r"ours, \*a\*"
        assert Templates(theirs).render_markup("word", said="*a*") == r"theirs, \*a\*"
        assert Templates(ours).render_html("word", said="<a>") == "<b>&lt;a&gt;</b>"
        assert Templates(ours).render_plain("word", said="<a>") == "<a>"
    (ours / "word.md.jinja").write_text("Now: {{ said }}")
    assert Templates(ours).render_markup("word", said="*a*") == r"Now: \*a\*"
    with pytest.raises(LookupError):
        Templates().render_markup("word", said="")
