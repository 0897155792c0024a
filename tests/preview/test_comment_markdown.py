"""Texts of others in Markdown: no markup, no mention, no link, no row too many."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from federation.preview.markdown import block, clean, code, cut, listed, prose, row
from federation.preview.redact import redacted

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BAD = "`a` | <b>b</b> @octocat\n\n# c [d](http://e) *f* ![g](h) #1 https://i.example www.j.example GH-1 \\| ~~k~~"
HARMLESS = {"text", "code_inline", "softbreak"}


def kinds(markdown: str) -> list[list[str]]:
    """Kinds of what is inside of each cell of a table's only row."""
    table = row("x", "y") + "\n|---|---|\n" + row(markdown, "end")
    tokens = PARSER.parse(table)
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 4, "two cells in each of two rows"
    assert cells[3].content == "end"
    return [[child.type for child in cell.children or []] for cell in cells[2:3]]


@settings(deadline=None)  # beside clusters, time says nothing
@given(st.text() | st.text(alphabet="`|\\<>@# \n*_[]()!~:a1"))
def test_a_name_is_one_code_span_in_one_cell(text: str) -> None:
    ((*found,),) = kinds(code(text))
    assert found in (["code_inline"], ["text"])
    assert found == ["code_inline"] or code(text) == "-"


@settings(deadline=None)  # beside clusters, time says nothing
@given(st.text() | st.text(alphabet="`|\\<>@# \n*_[]()!~:a1"))
def test_a_message_is_words_and_code_spans_in_one_cell(text: str) -> None:
    for found in kinds(prose(text)):
        assert set(found) <= HARMLESS


def outside_of_code(markdown: str) -> str:
    inline = PARSER.parseInline(markdown)[0]
    return " ".join(child.content for child in inline.children or [] if child.type == "text")


@settings(deadline=None)  # beside clusters, time says nothing
@given(st.text())
def test_nothing_outside_of_code_spans_means_anything_to_a_platform(text: str) -> None:
    shown = outside_of_code(prose(text))
    assert not set(shown) & set("@#<>&|`*_[]~\\!$^{}\n")
    assert not re.search(r"%\S", shown), "a milestone of GitLab"


def test_a_message_with_all_that_is_bad_keeps_its_plain_words() -> None:
    assert prose("Deployment web: image nginx:1.27 (of 3) has no digest, as in v1.2/x.") == (
        "Deployment web: image nginx:1.27 (of 3) has no digest, as in v1.2/x."
    )
    assert prose(f"it says {BAD}.") == (
        "it says `a` `¦ <b>b</b> @octocat #` c `[d](http://e) *f* ![g](h) #1 https://i.example www.j.example GH-1"
        " \\¦ ~~k~~`."
    )


def test_punctuation_around_code_stays_a_part_of_the_sentence() -> None:
    assert prose("use `a b` (see c_d), or d_e(f_g): `h`") == "use `a b` (see `c_d`), or `d_e(f_g)`: `h`"
    assert prose("it (a_b and c) goes") == "it (`a_b` and c) goes"
    assert prose("`a``b`") == "`a` `b`"
    assert prose("`` ` `a") == "`'' ' 'a`"


@pytest.mark.parametrize(
    "word", ["GH-12", "fc61e94", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "www.a.example", "a.example/b"]
)
def test_words_that_platforms_make_links_of_are_code(word: str) -> None:
    assert prose(f"see {word}, then go") == f"see `{word}`, then go"


def test_what_cannot_be_seen_is_left_out() -> None:
    assert clean("a\u202eb\u200bc\x00d\ud800\t e\r\nf\u2028g") == "abcd e f g"
    assert code("\u200b\n ") == "-"


def test_long_texts_are_cut() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 5) == "abcd…"
    assert code("a" * 100, 10) == "`aaaaaaaaa…`"


def test_a_list_of_names_says_how_many_it_leaves_out() -> None:
    assert listed(["a", "b"]) == "`a`, `b`"
    assert listed(["aaaa", "bbbb", "cccc"], 18) == "`aaaa`, `bbbb` and 1 more"
    assert listed(["a" * 50], 10) == f"`{'a' * 50}`"
    assert listed([]) == ""


def test_no_line_of_a_block_ends_it() -> None:
    assert block(["```", " x\u202e ", "~~~"]) == ["'''", " x", "~~~"]


JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"
BASE64 = "TUlJRXBBSUJBQUtDQVFFQTJaL3lSd0hRYk1UeVdBPT1hYmNk"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"401 for {JWT}, sorry", "401 for [secret], sorry"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [secret]"),
        ("GET https://me:pw@host/x", "GET https://[secret]@host/x"),
        ('{"clientSecret": "x y", "a": 1}', '{"clientSecret": [secret], "a": 1}'),
        ("password=hunter2&user=me", "password=[secret]&user=me"),
        ("AZURE_CLIENT_SECRET = hunter2", "AZURE_CLIENT_SECRET = [secret]"),
        (f"data:\n  tls.key: {BASE64}\n", "data:\n  tls.key: [secret]\n"),
        (f"client-key-data: {BASE64}", "client-key-data: [secret]"),
        ("a\n-----BEGIN PRIVATE KEY-----\nMII\nabc\n-----END PRIVATE KEY-----\nb", "a\n[secret]\nb"),
        ("a\n-----BEGIN PRIVATE KEY-----\nMII cut short", "a\n[secret]"),
    ],
)
def test_what_looks_like_a_credential_is_not_shown(text: str, shown: str) -> None:
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Secret default/web: key tls.crt is missing",
        "image nginx@sha256:" + "0123456789abcdef" * 4,
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/westuscluster1",
        "docs/policies.md#p07",
        "the token has expired",
    ],
)
def test_what_only_talks_of_credentials_stays(text: str) -> None:
    assert redacted(text) == text
