"""One resource of the provider in `plugin`, without an SDK."""

import pulumi


class Text(pulumi.CustomResource):  # type: ignore[misc]  # untyped upstream
    """What the provider makes of a word."""

    text: pulumi.Output[str]

    def __init__(self, name: str, word: str) -> None:
        super().__init__("greeter:index:Text", name, {"word": word, "text": None})


pulumi.export("text", Text("hello", "hello").text)
