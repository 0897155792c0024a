"""One greeting, whose word comes from the configuration."""

import pulumi
from provider import Greeting  # type: ignore[import-not-found]  # beside it once it runs

greeting = Greeting("hello", word=pulumi.Config().require("word"))
pulumi.export("text", greeting.text)
